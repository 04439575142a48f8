import { interopStories } from '../chat/interop-stories.js';
import { Product } from './relay.js';

interopStories(() => Product.start());

import { interopStories } from './interop-stories.js';

interopStories(async () => undefined);

// Invitations of other clients lead to the start page; they go on to the chat.
const { search } = location;
if (new URLSearchParams(search).has('join')) location.replace(`chat/${search}`);

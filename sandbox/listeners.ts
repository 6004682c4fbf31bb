export { readListeners, socketsOf } from './listeners.mjs';

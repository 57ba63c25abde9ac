export { type Delivery, type Notice, tell } from "./tell.ts";

// Keys of the start page; every part adds its own.

import { Keys, mountKeysDialog } from "../keys.js";

export const keys = new Keys();

export function mountKeys() {
  mountKeysDialog(keys);
}

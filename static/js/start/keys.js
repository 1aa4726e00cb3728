// Keys of the start page; every part adds its own: keys.add(["m"], "Point or list", action).

import { Keys, mountKeysDialog } from "../keys.js";

export const keys = new Keys();

export function mountKeys() {
  mountKeysDialog(keys);
}

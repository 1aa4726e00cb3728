// Puts the parts of the start page together.

import { mountBefore } from "./before.js";
import { mountHint } from "./hint.js";
import { mountIntake } from "./intake.js";
import { keys, mountKeys } from "./keys.js";
import { mountMapping } from "./mapping.js";
import { mountModel } from "./model.js";
import { mountOptions } from "./options.js";
import { mountPanel } from "./panel.js";
import { mountRows } from "./rows.js";
import { mountSky } from "./sky.js";
import { Store } from "./store.js";
import { mountTarget } from "./target.js";

const store = new Store();
// For whoever looks at the page from outside, such as tests.
window.start = { keys, store };

mountPanel(store);
mountTarget(store);
mountModel(store);
mountOptions(store);
mountIntake(store);
mountMapping();
mountRows(store);
mountBefore(store);
mountKeys();
mountSky(store);
mountHint(store);

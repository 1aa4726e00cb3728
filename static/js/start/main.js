// Puts the parts of the start page together.

import { mountSky } from "./sky.js";
import { Store } from "./store.js";

const store = new Store();
// For whoever looks at the page from outside, such as tests.
window.start = { store };

mountSky(store);

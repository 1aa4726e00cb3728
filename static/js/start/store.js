// What the start page shows, in one place: every part reads it here, changes it here and listens
// to it. The form's fields are the truth of what is sent; this is what the parts tell each other.
//
// mode        "single" or "multi"
// target      the single target as the server understood it, or null:
//             {name, ra, dec, motion: null or {pm_ra, pm_dec, ref_epoch}}
// profile     the Sersic profile as typed and valid, or null for a point source:
//             {n, axisRatio, positionAngle, radius} (degrees east of north, arcsec)
// partners    neighbours to be fitted together with the target: [{name, ra, dec}]
// list        the list in use, or null: {id, name, rows, good, errors, warnings}
// positions   where the rows of the list are: [{row, name, ra, dec, status}], in their order
// row         the selected row of the list, or null
// view        where the map looks: {ra, dec, fov} in degrees

const INITIAL = {
  mode: "single", target: null, profile: null, partners: [], list: null, positions: [], row: null, view: null,
};

export class Store extends EventTarget {
  #state = { ...INITIAL };

  get(key) {
    if (!(key in INITIAL)) throw new Error(`no such key: ${key}`);
    return this.#state[key];
  }

  // Changes several keys at once; listeners hear of those whose values differ.
  set(values) {
    const changed = new Set();
    for (const [key, value] of Object.entries(values)) {
      if (JSON.stringify(this.get(key)) === JSON.stringify(value)) continue;
      this.#state[key] = value;
      changed.add(key);
    }
    if (changed.size) this.dispatchEvent(new CustomEvent("change", { detail: changed }));
  }

  // Calls a function when one of the keys changes.
  on(keys, listener) {
    this.addEventListener("change", (event) => {
      if (keys.some((key) => event.detail.has(key))) listener();
    });
  }

  // Asks the map to look at a place: listened to as the event "look".
  look(ra, dec, fov = null) {
    this.dispatchEvent(new CustomEvent("look", { detail: { ra, dec, fov } }));
  }
}

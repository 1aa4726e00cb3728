// Coverage and deep fields: shades over the map that fade where one looks closely.

// Full strength above the first field of view, none below the second, degrees.
const FADE_DEG = [40, 5];
const TRIES = 30;
const SHADES = {
  coverage: { color: "#5fb4e6", opacity: 0.05 },
  deep: { color: "#f0b44c", opacity: 0.1 },
};

export function keepLayers(A, view, sky) {
  const layers = {};
  for (const name of Object.keys(SHADES)) {
    layers[name] = new Layer(A, view, name);
    layers[name].load(sky.dataset[name]);
  }
  view.onMove(() => {
    for (const layer of Object.values(layers)) layer.fade(view.fov);
  });
  return layers;
}

class Layer {
  #A;
  #view;
  #name;
  #map = null;
  #shown = true;

  constructor(A, view, name) {
    this.#A = A;
    this.#view = view;
    this.#name = name;
    // "loading", "ready", "empty" or "missing"
    this.state = "loading";
  }

  // The map is made when it is first asked for, which may take the server a while.
  async load(address) {
    try {
      const cells = await fetched(address);
      const empty = !Object.values(cells).some((list) => list.length);
      if (!empty) await this.#add(cells);
      this.state = empty ? "empty" : "ready";
    } catch (error) {
      console.info(`no ${this.#name} map:`, error);
      this.state = "missing";
    }
    const box = document.querySelector(`[data-layer="${this.#name}"]`);
    box.disabled = this.state !== "ready";
    if (box.disabled) box.checked = false;
  }

  show(shown) {
    this.#shown = shown;
    this.fade(this.#view.fov);
  }

  // 1 where the sky is seen from afar, 0 where one looks closely.
  fade(fov) {
    if (!this.#map) return;
    const share = Math.log(fov / FADE_DEG[1]) / Math.log(FADE_DEG[0] / FADE_DEG[1]);
    const strength = Math.min(Math.max(share, 0), 1);
    const isSeen = this.#shown && strength > 0;
    document.querySelector(`[data-legend="${this.#name}"]`).hidden = !isSeen;
    if (isSeen) {
      this.#map.opacity = SHADES[this.#name].opacity * strength;
      this.#map.show();
    } else {
      this.#map.hide();
    }
  }

  // The viewer takes a map up later, and breaks if it is changed before.
  async #add(cells) {
    const { color } = SHADES[this.#name];
    const map = await new Promise((resolve, reject) => {
      const options = { name: this.#name, color, opacity: 0, fill: true, perimeter: true, lineWidth: 2 };
      this.#view.aladin.addMOC(this.#A.MOCFromJSON(cells, options, (made) => setTimeout(resolve, 0, made), reject));
    });
    this.#map = map;
    this.fade(this.#view.fov);
  }
}

async function fetched(address) {
  for (let n = 0; n < TRIES; n += 1) {
    const answer = await fetch(address);
    if (answer.status === 200) return answer.json();
    if (answer.status !== 202) break;
    await new Promise((resolve) => { setTimeout(resolve, 1000 * Number(answer.headers.get("Retry-After") ?? 2)); });
  }
  throw new Error(`${address} does not answer with a map`);
}

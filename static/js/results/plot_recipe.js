// The dialog that adjusts how visits of a channel are averaged.

import { element } from "./dom.js";

export function mountRecipe(store) {
  const dialog = document.getElementById("recipe-dialog");
  const form = document.getElementById("recipe-form");
  const field = (name) => document.getElementById(`recipe-${name}`);
  const error = field("error");
  let vocabulary = { flags: [], default_mask: "0" };

  const show = () => {
    const recipe = store.get("binning")
      ?? { mask: vocabulary.default_mask, statistic: "mean", clip_sigma: null, least_visits: 1 };
    field("statistic").value = recipe.statistic;
    field("clip").value = recipe.clip_sigma ?? "";
    field("visits").value = recipe.least_visits;
    const mask = BigInt(recipe.mask);
    for (const box of field("flags").querySelectorAll("input")) {
      box.checked = box.disabled || Boolean(mask & BigInt(box.value));
    }
    error.hidden = true;
  };

  document.getElementById("plot-recipe").addEventListener("click", () => {
    show();
    dialog.showModal();
  });
  field("cancel").addEventListener("click", () => dialog.close());
  field("default").addEventListener("click", () => {
    store.set({ binning: null, binned: true });
    dialog.close();
  });
  form.addEventListener("submit", (event) => {
    const text = field("clip").value.trim();
    const clip = text === "" ? null : Number(text);
    if (clip !== null && !(clip >= 1 && clip <= 100)) {
      event.preventDefault();
      error.textContent = `Clip beyond: ${text} given; allowed: 1 to 100, or empty for never.`;
      error.hidden = false;
      field("clip").focus();
      return;
    }
    const mask = [...field("flags").querySelectorAll("input:checked")]
      .reduce((sum, box) => sum | BigInt(box.value), 0n);
    store.set({
      binned: true,
      binning: {
        mask: String(mask), statistic: field("statistic").value, clip_sigma: clip,
        least_visits: Number(field("visits").value),
      },
    });
  });

  return {
    offer(words) {
      // Ticks that somebody is setting stay: the same flags arrive again with another number of panels.
      if (dialog.open || JSON.stringify(words) === JSON.stringify(vocabulary)) return;
      vocabulary = words;
      field("flags").replaceChildren(...words.flags.map(({ name, mask, meaning }) => {
        const label = element("label", "", "");
        label.title = meaning;
        const box = element("input");
        box.type = "checkbox";
        box.value = mask;
        // What could not be fitted has no flux to average.
        box.disabled = name === "FIT_ERROR";
        label.append(box, ` ${name}`);
        return label;
      }));
    },
  };
}

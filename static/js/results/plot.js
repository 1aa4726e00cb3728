// To be filled.

export function mountPlot({ store, api, keys }) {
  void [store, api, keys];
}

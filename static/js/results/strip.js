// To be filled.

export function mountStrip({ store, api, keys }) {
  void [store, api, keys];
}

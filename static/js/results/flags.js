// To be filled.

export function mountFlags({ store, api, keys }) {
  void [store, api, keys];
}

// To be filled.

export function mountCompare({ store, api, keys }) {
  void [store, api, keys];
}

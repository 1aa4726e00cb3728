// To be filled.

export function mountTable({ store, api, keys }) {
  void [store, api, keys];
}

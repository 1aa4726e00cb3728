// To be filled.

export function mountLayout({ store, api, keys }) {
  void [store, api, keys];
}

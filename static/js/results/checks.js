// To be filled.

export function mountChecks({ store, api, keys }) {
  void [store, api, keys];
}

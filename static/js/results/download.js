// To be filled.

export function mountDownload({ store, api, keys }) {
  void [store, api, keys];
}

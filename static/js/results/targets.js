// To be filled.

export function mountTargets({ store, api, keys }) {
  void [store, api, keys];
}

/**
 * Class names of Imagenette and Imagewoof, the two ten-class subsets of ImageNet by fast.ai, whose
 * folders are called after the WordNet numbers of their classes.
 */
const names: Readonly<Record<string, string>> = {
  n01440764: 'tench',
  n02102040: 'English springer',
  n02979186: 'cassette player',
  n03000684: 'chain saw',
  n03028079: 'church',
  n03394916: 'French horn',
  n03417042: 'garbage truck',
  n03425413: 'gas pump',
  n03445777: 'golf ball',
  n03888257: 'parachute',

  n02086240: 'Shih-Tzu',
  n02087394: 'Rhodesian ridgeback',
  n02088364: 'beagle',
  n02089973: 'English foxhound',
  n02093754: 'Border terrier',
  n02096294: 'Australian terrier',
  n02099601: 'golden retriever',
  n02105641: 'Old English sheepdog',
  n02111889: 'Samoyed',
  n02115641: 'dingo',
}

/** Null for a folder that is called otherwise. */
export function imagenetteName(folder: string): string | null {
  return Object.hasOwn(names, folder) ? (names[folder] ?? null) : null
}

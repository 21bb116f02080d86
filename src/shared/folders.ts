/** Names on disk that main, the engine and the command line agree on. */

export const runFiles = {
  record: 'run.json',
  metrics: 'metrics.jsonl',
  log: 'log.txt',
  checkpoints: 'checkpoints',
  /** Checkpoints that were kept after single epochs. */
  snapshots: 'snapshots',
  /** What single epochs' models look like: filters, positions, attention of pinned images. */
  figures: 'figures',
  /** Is there while a process trains the run. */
  lock: 'training.lock',
  /** Tags and notes of a person, beside what the training writes. */
  notes: 'notes.json',
} as const

export const datasetFiles = {
  manifest: 'dataset.json',
  images: 'images.u8',
  labels: 'labels.json',
  origins: 'records.json',
  masks: 'masks.u8',
  duplicates: 'duplicates.json',
  /** What a person has corrected; see `correctionsFileSchema`. */
  corrections: 'corrections.json',
} as const

/** What a preparation keeps beside the dataset's files until it is finished. */
export const preparationFiles = { journal: 'journal.jsonl', owner: 'owner.json' } as const

/** The folder, beside the dataset's own, in which the dataset is prepared. */
export function preparationFolderName(datasetFolderName: string): string {
  return `.${datasetFolderName}.partial`
}

/** The beginning of a file that is being downloaded, beside its place. */
export function partOf(file: string): string {
  return `${file}.part`
}

/** Folders below Vitrine's home. */
export const homeFolders = {
  runs: 'runs',
  datasets: 'datasets',
  samples: 'samples',
  artifacts: 'artifacts',
  /** Archives that were fetched, and parts of such. */
  downloads: 'downloads',
  /** Runs that wait for their turn, a file for each. */
  queue: 'queue',
  /** A file for each process that trains now. */
  inTraining: 'in-training',
} as const

/** Files in Vitrine's home itself. */
export const homeFiles = {
  /** What listing the runs need not read again; it is made from their folders. */
  runIndex: 'runs-index.json',
} as const

export const samplePrefix = 'sample:'
export const sampleNames = ['shapes', 'digits'] as const
export type SampleName = (typeof sampleNames)[number]

/** `shapes` for `sample:shapes`; null for whatever is no sample. */
export function sampleNameOf(datasetId: string): SampleName | null {
  return sampleNames.find((name) => `${samplePrefix}${name}` === datasetId) ?? null
}

/** A sample's folder below `samples`; a sample whose images change gets a new one. */
export function sampleFolderName(name: SampleName): string {
  return `${name}-v1`
}

/**
 * Where runs and datasets are kept, for the window and the command line alike: `VITRINE_HOME`, or
 * the platform's place for an application's data.
 */
export function homeFolder(environment: Record<string, string | undefined>, platform: string): string {
  if (environment['VITRINE_HOME']) return environment['VITRINE_HOME']
  const user = environment['HOME'] ?? environment['USERPROFILE'] ?? '.'
  if (platform === 'darwin') return `${user}/Library/Application Support/Vitrine`
  if (platform === 'win32') return `${environment['APPDATA'] ?? user}\\Vitrine`
  return `${environment['XDG_DATA_HOME'] ?? `${user}/.local/share`}/vitrine`
}

import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { defaultConfig } from '@shared/config/defaults'
import {
  checkAgainstDataset,
  parseRunConfig,
  vitSizes,
  type ConfigProblem,
  type DatasetFacts,
  type RunConfig,
  type VitSizes,
} from '@shared/config/runConfig'
import type { DatasetManifest } from '@shared/contract/records'
import { useDatasets } from './datasets'
import { configOf, draftOf, suggestedName, withPreset, type TrainDraft } from './trainDraft'

export function factsOf(manifest: DatasetManifest): DatasetFacts {
  return {
    imageSize: manifest.imageSize,
    numClasses: manifest.classes.length,
    trainCount: manifest.trainCount,
    valCount: manifest.valCount,
  }
}

/** The form on the page, or the run that was started from it. */
type TrainPage = { show: 'form' } | { show: 'run'; runId: string }

type Checked =
  { ok: true; config: RunConfig; sizes: VitSizes | null } | { ok: false; problems: ReadonlyMap<string, string> }

function problemMap(problems: readonly ConfigProblem[]): ReadonlyMap<string, string> {
  return new Map(problems.map((problem) => [problem.field, problem.message]))
}

function initialDraft(dataset: string, manifest: DatasetManifest | null): TrainDraft {
  const parsed = parseRunConfig(defaultConfig(dataset, manifest))
  if (!parsed.ok) throw new RangeError(`the default configuration of ${dataset} is not valid`)
  return draftOf(parsed.config)
}

export const useTrainForm = defineStore('trainForm', () => {
  const datasets = useDatasets()
  const page = ref<TrainPage>({ show: 'form' })
  const draft = ref(initialDraft('sample:shapes', null))

  const dataset = computed(() => datasets.byId(draft.value.dataset))
  const facts = computed(() => {
    const manifest = dataset.value?.manifest ?? null
    return manifest === null ? null : factsOf(manifest)
  })

  const runName = computed(() => suggestedName(draft.value, dataset.value?.name ?? draft.value.dataset))

  const checked = computed((): Checked => {
    const parsed = parseRunConfig(configOf(draft.value))
    if (!parsed.ok) return { ok: false, problems: problemMap(parsed.problems) }
    if (facts.value === null) return { ok: true, config: parsed.config, sizes: null }
    const problems = checkAgainstDataset(parsed.config, facts.value)
    if (problems.length > 0) return { ok: false, problems: problemMap(problems) }
    return { ok: true, config: parsed.config, sizes: vitSizes(parsed.config, facts.value) }
  })

  const problems = computed(() => (checked.value.ok ? new Map<string, string>() : checked.value.problems))

  /** Takes the dataset and the settings that suit it; the name is kept. */
  function chooseDataset(id: string): void {
    const name = draft.value.name
    draft.value = { ...initialDraft(id, datasets.byId(id)?.manifest ?? null), name }
  }

  function choosePreset(preset: TrainDraft['preset']): void {
    draft.value = withPreset(draft.value, preset)
  }

  function take(config: RunConfig): void {
    draft.value = draftOf(config)
    page.value = { show: 'form' }
  }

  return { page, draft, dataset, facts, runName, checked, problems, chooseDataset, choosePreset, take }
})

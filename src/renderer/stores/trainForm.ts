import { defineStore } from 'pinia'
import { computed, ref, shallowRef, toRaw } from 'vue'
import { defaultConfig } from '@shared/config/defaults'
import type { VitSizes } from '@shared/config/modelConfig'
import type { PresetName } from '@shared/config/modelPresets'
import {
  checkAgainstDataset,
  parseRunConfig,
  vitSizes,
  type ConfigProblem,
  type DatasetFacts,
  type RunConfig,
} from '@shared/config/runConfig'
import type { DatasetManifest } from '@shared/contract/records'
import { changeSetting, settingAt } from '../settings/draftPath'
import type { Setting } from '../settings/setting'
import { applies } from '../settings/settingGroups'
import { useDatasets } from './datasets'
import { configOf, draftOf, suggestedName, withPreset, type ModelSizes, type TrainDraft } from './trainDraft'

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
  /** The settings before the last reset, while it can be taken back. */
  const beforeReset = shallowRef<TrainDraft | null>(null)

  const dataset = computed(() => datasets.byId(draft.value.data.dataset))
  const manifest = computed(() => dataset.value?.manifest ?? null)
  const facts = computed(() => (manifest.value === null ? null : factsOf(manifest.value)))

  const runName = computed(() => suggestedName(draft.value, dataset.value?.name ?? draft.value.data.dataset))

  const checked = computed((): Checked => {
    const parsed = parseRunConfig(configOf(draft.value))
    if (!parsed.ok) return { ok: false, problems: problemMap(parsed.problems) }
    if (facts.value === null) return { ok: true, config: parsed.config, sizes: null }
    const problems = checkAgainstDataset(parsed.config, facts.value)
    if (problems.length > 0) return { ok: false, problems: problemMap(problems) }
    return { ok: true, config: parsed.config, sizes: vitSizes(parsed.config, facts.value) }
  })

  const problems = computed(() => (checked.value.ok ? new Map<string, string>() : checked.value.problems))

  /** A setting without effect is hidden, unless it is what is wrong. */
  function isShown(setting: Setting): boolean {
    return applies(setting, draft.value) || problems.value.has(setting.path)
  }

  function replace(changed: TrainDraft): void {
    draft.value = changed
    beforeReset.value = null
  }

  /** Takes the dataset and the settings that suit it; the name is kept. */
  function chooseDataset(id: string): void {
    replace({ ...initialDraft(id, datasets.byId(id)?.manifest ?? null), name: draft.value.name })
  }

  function choosePreset(preset: PresetName | null): void {
    draft.value = withPreset(toRaw(draft.value), preset)
  }

  /** A model from another page: a preset's name, or sizes of its own. */
  function takeModel(model: ModelSizes & { preset: PresetName | null; imageSize: number }): void {
    const { imageSize, ...chosen } = model
    const raw = toRaw(draft.value)
    replace({
      ...raw,
      data: { ...raw.data, imageSize: Math.min(imageSize, facts.value?.imageSize ?? imageSize) },
      model: { ...raw.model, ...chosen },
    })
    page.value = { show: 'form' }
  }

  /** Puts settings back to what suits the dataset. */
  function reset(settings: readonly Setting[]): void {
    const suited = initialDraft(draft.value.data.dataset, manifest.value)
    const changed = structuredClone(toRaw(draft.value))
    for (const { path, kind } of settings) {
      if (kind !== 'dataset') changeSetting(changed, path, settingAt(suited, path))
    }
    beforeReset.value = toRaw(draft.value)
    draft.value = changed
  }

  function undoReset(): void {
    if (beforeReset.value !== null) replace(beforeReset.value)
  }

  function take(config: RunConfig): void {
    replace(draftOf(config))
    page.value = { show: 'form' }
  }

  return {
    page,
    draft,
    dataset,
    manifest,
    facts,
    runName,
    checked,
    problems,
    beforeReset,
    isShown,
    chooseDataset,
    choosePreset,
    takeModel,
    reset,
    undoReset,
    take,
  }
})

import { CorrectionStore } from '../host/correctionStore'
import type { Services, WindowHandlers } from './services'

export function correctionHandlers({
  datasets,
}: Pick<Services, 'datasets'>): Pick<WindowHandlers, 'corrections.list' | 'corrections.change'> {
  const corrections = new CorrectionStore(datasets)
  return {
    'corrections.list': ({ dataset }) => corrections.list(dataset),
    'corrections.change': ({ dataset, changes }) => corrections.change(dataset, changes),
  }
}

import type { OptimizerConfig } from '@shared/config/trainConfig'
import { adam } from './adam'
import { lamb } from './lamb'
import type { Optimizer } from './optimizer'
import { sgd } from './sgd'

export function optimizerFor(config: OptimizerConfig): Optimizer {
  switch (config.name) {
    case 'adamw':
      return adam(config, true)
    case 'adam':
      return adam(config, false)
    case 'sgd':
      return sgd(config)
    case 'lamb':
      return lamb(config)
  }
}

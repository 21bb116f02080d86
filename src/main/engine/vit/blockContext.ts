import type { DropoutSource } from '../backend/ops/dropout'
import type { Tensor } from '../backend/tensorflow'
import type { Tap } from './taps'

/** What every part of a block is given besides its input. */
export interface BlockContext {
  /** A parameter by its timm name. */
  parameter: (name: string) => Tensor
  /** Null outside training: nothing is dropped. */
  dropoutSource: DropoutSource | null
  /** Null where nobody looks: then intermediates need not be made. */
  tap: Tap | null
  /** Only the class token's output is wanted: the other tokens serve as keys and values alone. */
  classTokenOnly: boolean
}

/** The sequence that a block works on. */
export interface SequenceShape {
  batch: number
  tokens: number
}

/** How far a model was trained, as its checkpoint says. */
export interface TrainingPosition {
  /** Epochs that were finished. */
  epoch: number
  /** Steps that were made of the one after. */
  stepInEpoch: number
}

/** "epoch 3", or "step 12 of epoch 4" within an epoch; "the start" before the first step. */
export function positionWords({ epoch, stepInEpoch }: TrainingPosition): string {
  if (stepInEpoch > 0) return `step ${stepInEpoch} of epoch ${epoch + 1}`
  return epoch === 0 ? 'the start' : `epoch ${epoch}`
}

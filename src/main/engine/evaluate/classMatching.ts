import { VitrineError } from '@shared/errors'

/** Names that stand for nothing but the place in the model's head. */
const placeName = /^(class|feature) \d+$/

/**
 * The model's class for each class of a dataset: by place where the names are the same or the model
 * has none, otherwise by name, so that a dataset may have fewer classes or another order.
 * @throws VitrineError `invalid-input` naming a class that the model doesn't know
 */
export function matchClasses(dataset: readonly string[], model: readonly string[]): Int32Array {
  const nameless = model.every((name) => placeName.test(name))
  if (nameless && dataset.length === model.length) return Int32Array.from(dataset, (_, index) => index)
  if (nameless) {
    throw new VitrineError(
      'invalid-input',
      `The dataset has ${dataset.length} classes and the checkpoint ${model.length} without names: choose a dataset with as many.`,
    )
  }
  const places = new Map(model.map((name, index) => [name, index]))
  return Int32Array.from(dataset, (name) => {
    const place = places.get(name)
    if (place !== undefined) return place
    throw new VitrineError(
      'invalid-input',
      `The dataset's class “${name}” is none of the ${model.length} that the checkpoint was trained on: choose a dataset with the same class names.`,
    )
  })
}

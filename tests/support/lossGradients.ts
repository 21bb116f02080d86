import type { VitSizes } from '@shared/config/modelConfig'
import { crossEntropy } from '@engine/backend/ops/crossEntropy'
import { tf, type Tensor } from '@engine/backend/tensorflow'
import { forward } from '@engine/vit/vit'

/**
 * Mean cross-entropy of a batch and its gradients for the given parameters, without dropout. The
 * caller disposes the gradients.
 * @param pixels [B, S, S, C]
 * @param labels [B] int32
 */
export function lossGradients(
  sizes: VitSizes,
  parameters: ReadonlyMap<string, Tensor>,
  pixels: Tensor,
  labels: Tensor,
): { loss: number; gradients: Map<string, Tensor> } {
  const names = [...parameters.keys()]
  const targets = tf.oneHot(labels.as1D(), sizes.numClasses).toFloat()
  const { value, grads } = tf.valueAndGrads((...values: Tensor[]) => {
    const byName = new Map(names.map((name, index) => [name, values[index]]))
    const logits = forward(pixels, sizes, {
      parameter: (name) => {
        const tensor = byName.get(name)
        if (tensor === undefined) throw new Error(`no parameter ${name}`)
        return tensor
      },
    })
    return tf.mean(crossEntropy(logits, targets)).asScalar()
  })([...parameters.values()])
  const [loss = Number.NaN] = value.dataSync()
  tf.dispose([value, targets])
  const gradients = new Map(
    names.map((name, index): [string, Tensor] => {
      const gradient = grads[index]
      if (gradient === undefined) throw new Error(`no gradient of ${name}`)
      return [name, gradient]
    }),
  )
  return { loss, gradients }
}

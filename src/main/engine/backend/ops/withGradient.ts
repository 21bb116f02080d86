import { tf, type Tensor } from '../tensorflow'

/**
 * An op with its own gradient.
 * @param forward gives the value, and the tensors that the gradient will need
 * @param backward takes the gradient of the value and the kept tensors; gives one gradient per input
 */
export function withGradient<Kept extends readonly Tensor[]>(
  inputs: readonly Tensor[],
  forward: () => { value: Tensor; kept: Kept },
  backward: (gradient: Tensor, kept: { [K in keyof Kept]: Tensor }) => Tensor[],
): Tensor {
  const run = tf.customGrad((...args) => {
    const save = args.at(-1)
    if (typeof save !== 'function') throw new Error('tfjs gave no function to keep tensors with')
    const { value, kept } = forward()
    save([...kept])
    const isKept = (saved: readonly Tensor[]): saved is { [K in keyof Kept]: Tensor } & readonly Tensor[] =>
      saved.length === kept.length
    return {
      value,
      gradFunc: (gradient: Tensor, saved: Tensor[]) => {
        if (!isKept(saved)) throw new Error('tensors kept for the gradient were lost')
        return backward(gradient, saved)
      },
    }
  })
  return run(...inputs)
}

import { tf, type Tensor } from '../tensorflow'
import { add, mean, multiply, scale, subtract, sum } from './elementwise'
import { binary, channel, choose, clip, clipPixels, compare, extreme, perImage, unary } from './pixels'

/** Colour changes as torchvision defines them; images [K, 3, H, W] from 0 to 255, parameters [K, columns]. */

/** Rec. 601 luma in torchvision's rounding. */
const greyWeights = [0.2989, 0.587, 0.114]

/** [K, 1, H, W] */
function grey(x: Tensor): Tensor {
  return sum(multiply(x, tf.tensor4d(greyWeights, [1, 3, 1, 1])), [1], true)
}

/** 1 − a. */
const rest = (a: Tensor) => subtract(tf.scalar(1), a)

export function brightness(x: Tensor, parameters: Tensor): Tensor {
  return clipPixels(multiply(x, perImage(parameters, 1)))
}

/** Away from, or towards, the image's mean grey. */
export function contrast(x: Tensor, parameters: Tensor): Tensor {
  const factor = perImage(parameters, 1)
  const middle = grey(mean(x, [2, 3], true))
  return clipPixels(add(multiply(x, factor), multiply(middle, rest(factor))))
}

/** Away from, or towards, each pixel's own grey. */
export function saturation(x: Tensor, parameters: Tensor): Tensor {
  const factor = perImage(parameters, 1)
  return clipPixels(add(multiply(x, factor), multiply(grey(x), rest(factor))))
}

/** Each channel's darkest pixel becomes 0 and its brightest 255; a channel of one value stays. */
export function autocontrast(x: Tensor): Tensor {
  const low = extreme('Min', x, [2, 3])
  const span = subtract(extreme('Max', x, [2, 3]), low)
  const flat = compare('Equal', span, tf.scalar(0))
  const factor = choose(flat, tf.scalar(1), binary('DivNoNan', tf.scalar(255), span))
  const offset = choose(flat, tf.scalar(0), multiply(low, factor))
  return subtract(multiply(x, factor), offset)
}

/**
 * Turns the colour circle. Hue is counted in sixths of the circle; a channel's value is the darkest
 * channel's plus the chroma times a trapezoid over the distance between hue and that channel's own
 * place (Smith, 1978: the hexcone model).
 */
export function hue(x: Tensor, parameters: Tensor): Tensor {
  const [red, green, blue] = [channel(x, 0), channel(x, 1), channel(x, 2)]
  const brightest = extreme('Max', x, [1])
  const darkest = extreme('Min', x, [1])
  const chroma = subtract(brightest, darkest)
  const fromGreen = add(subtract(blue, red), scale(chroma, 2))
  const fromBlue = add(subtract(red, green), scale(chroma, 4))
  const numerator = choose(
    compare('Equal', brightest, red),
    subtract(green, blue),
    choose(compare('Equal', brightest, green), fromGreen, fromBlue),
  )
  const sixths = add(binary('DivNoNan', numerator, chroma), scale(perImage(parameters, 1), 6))
  const turned = subtract(sixths, scale(unary('Floor', scale(sixths, 1 / 6)), 6))
  // Distance to the opposite of red, green and blue on a circle of six: ||z − 3| − 3| for z from −3 to 9.
  const places = tf.tensor4d([0, -2, -4], [1, 3, 1, 1])
  const distance = unary('Abs', subtract(unary('Abs', add(turned, places)), tf.scalar(3)))
  return add(multiply(clip(distance, 1, 2), chroma), subtract(darkest, chroma))
}

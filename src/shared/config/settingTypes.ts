import { z } from 'zod'

/** Kinds of numbers that settings are made of, with their sentences. */

export const positiveInt = z.int('must be a whole number').positive('must be at least 1')
export const countFromZero = z.int('must be a whole number').min(0, 'must not be negative')
/** From 0 up to, but without, 1. */
export const fraction = z.number().min(0, 'must be between 0 and 1').lt(1, 'must be below 1')
/** From 0 to 1, both included. */
export const share = z.number().min(0, 'must be between 0 and 1').max(1, 'must be between 0 and 1')
export const positive = z.number().positive('must be above 0')
export const notNegative = z.number().min(0, 'must not be negative')

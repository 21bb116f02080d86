/** Names that the window and main meet under; apart, so that the preload script holds nothing else. */

export const bridgeName = 'vitrine'
export const invokeChannel = 'vitrine:invoke'
export const eventsChannel = 'vitrine:events'

import { z } from 'zod'
import { augmentSchema } from '../config/dataConfig'
import { mapRecipeSchema } from './mapRecipe'
import {
  artifactSchema,
  checkpointRefSchema,
  doctorReportSchema,
  imageRefSchema,
  imageReportSchema,
  modelInfoSchema,
} from './records'

const onModel = { checkpoint: checkpointRefSchema }
const onImage = { ...onModel, image: imageRefSchema }
/** Names a question that may take long, for its progress and for calling it off. */
const longQuestion = { request: z.string().min(1) }

/** Deletion and insertion for one order of the patches; probabilities at each of the shares. */
export const faithfulnessCurvesSchema = z.object({
  deletion: z.array(z.number()),
  insertion: z.array(z.number()),
  /** Areas under the curves, over shares from 0 to 1. */
  deletionArea: z.number(),
  insertionArea: z.number(),
})
export type FaithfulnessCurves = z.infer<typeof faithfulnessCurvesSchema>

export const faithfulnessReportSchema = z.object({
  /** The class whose probability is followed. */
  classIndex: z.int(),
  /** Shares of the patches that are deleted or inserted. */
  shares: z.array(z.number()),
  map: faithfulnessCurvesSchema,
  /** The plain attention of the last layer, averaged over the heads. */
  lastLayer: faithfulnessCurvesSchema,
  /** Patches in an order drawn by chance; the mean of several. */
  random: faithfulnessCurvesSchema,
})
export type FaithfulnessReport = z.infer<typeof faithfulnessReportSchema>

export const localisationReportSchema = z.object({
  /** Images of the validation split that were looked at. */
  images: z.int(),
  /** Mean share of a map's mass that lies on the object. */
  massOnObject: z.number(),
  /** Share of the images in which the strongest patch's centre lies on the object. */
  pointingHits: z.number(),
  /** Mean share of an image that is the object: what both are by chance. */
  objectShare: z.number(),
})
export type LocalisationReport = z.infer<typeof localisationReportSchema>

/** One image before and after augmentation. */
const augmentSampleSchema = z.object({
  record: z.int(),
  label: z.string(),
  /** The whole image, stretched to the model's input. */
  before: artifactSchema,
  /** What the model gets, before normalisation. */
  after: artifactSchema,
  /** What was done to it, in words with their numbers. */
  operations: z.array(z.string()),
})

/** What a model looks like after an epoch, to be set beside other epochs'. */
export const epochFiguresSchema = z.object({
  epoch: z.int().nullable(),
  /** Principal components of the patch filters: float32 `[count, side, side, 3]`, largest first. */
  components: artifactSchema,
  /** Share of the filters' variance along each. */
  explainedShares: z.array(z.number()),
  /** Null for a model without position embedding. */
  positions: z
    .object({
      /** Cosine similarity: float32 `[patches, patches]`. */
      similarity: artifactSchema,
      /** Mean similarity of neighbours less that of all different patches. */
      contrast: z.number(),
    })
    .nullable(),
  /** Mean distance in pixels and entropy in nats over the images, `[layers][heads]`; null without images. */
  heads: z.object({ distances: z.array(z.array(z.number())), entropies: z.array(z.array(z.number())) }).nullable(),
  /** What the head sees of each image: float32 `[images, 2, patches]`, the last layer's attention and the rollout. */
  maps: artifactSchema,
})

/** Questions to the long-lived inspection engine; the long ones can be followed and called off. */
export const inspectRoutes = {
  'inspect.model': { input: z.object(onModel), output: modelInfoSchema },
  'inspect.image': { input: z.object(onImage), output: imageReportSchema },
  /** Attention of one query token in every layer and head: float32 `[layers, heads, tokens]`. */
  'inspect.attention': { input: z.object({ ...onImage, query: z.int().min(0) }), output: artifactSchema },
  /** The map that a recipe makes for one query token: float32 `[tokens]`. */
  'inspect.map': {
    input: z.object({ ...onImage, query: z.int().min(0), recipe: mapRecipeSchema, ...longQuestion }),
    output: artifactSchema,
  },
  /** How the prediction changes as patches go or come in the map's order. */
  'inspect.faithfulness': {
    input: z.object({ ...onImage, query: z.int().min(0), recipe: mapRecipeSchema, ...longQuestion }),
    output: faithfulnessReportSchema,
  },
  /** How well a recipe's maps find the objects of a dataset that keeps their masks. */
  'inspect.localisation': {
    input: z.object({
      ...onModel,
      dataset: z.string().min(1),
      recipe: mapRecipeSchema,
      /** Images of the validation split at most. */
      most: z.int().positive(),
      ...longQuestion,
    }),
    output: localisationReportSchema,
  },
  /** The patch tokens after so many blocks; 0 is what goes into the first. */
  'inspect.tokens': {
    input: z.object({ ...onImage, depth: z.int().min(0) }),
    output: z.object({
      /** Scores on the first three principal components: float32 `[patches, 3]`. */
      components: artifactSchema,
      /** Share of the patches' variance along each. */
      explainedShares: z.array(z.number()),
      /** Cosine similarity between patch tokens: float32 `[patches, patches]`. */
      similarity: artifactSchema,
      /** Euclidean norms of the patch tokens: float32 `[depth + 1, patches]`. */
      norms: artifactSchema,
      /** Patches whose norm stands out at the asked depth. */
      highNormPatches: z.array(z.int()),
      /** Mean similarity between different patches at each depth, `depth + 1` of them. */
      meanSimilarities: z.array(z.number()),
    }),
  },
  /** What each head does, averaged over images. */
  'inspect.heads': {
    input: z.object({ ...onModel, images: z.array(imageRefSchema).min(1).max(256), ...longQuestion }),
    output: z.object({
      images: z.int(),
      /** Mean attention distance in pixels, `[layers][heads]`. */
      distances: z.array(z.array(z.number())),
      /** Mean entropy of the attention rows in nats, `[layers][heads]`. */
      entropies: z.array(z.array(z.number())),
      /** Cosine similarity between the attention of a layer's heads, `[layers][heads][heads]`. */
      similarities: z.array(z.array(z.array(z.number()))),
    }),
  },
  /** What changes about a model while it is trained: one checkpoint's, to be set beside other epochs'. */
  'inspect.figures': {
    input: z.object({ ...onModel, images: z.array(imageRefSchema).max(64), ...longQuestion }),
    output: epochFiguresSchema,
  },
  /** The epochs whose figures a run has recorded, in their order. */
  'inspect.recorded': {
    input: z.object({ runId: z.string().min(1) }),
    output: z.object({ epochs: z.array(z.int()) }),
  },
  /** The figures of one of them, and the images that they are of. */
  'inspect.recordedFigures': {
    input: z.object({ runId: z.string().min(1), epoch: z.int().min(0) }),
    output: epochFiguresSchema.extend({ images: z.array(imageRefSchema) }),
  },
  /** Principal components of the patch filters: float32 `[count, side, side, 3]`, largest first. */
  'inspect.filters': {
    input: z.object({ ...onModel, count: z.int().positive() }),
    output: z.object({
      components: artifactSchema,
      explainedVariance: z.array(z.number()),
      /** The filters themselves, in the order of the embedding's channels: float32 `[width, side, side, 3]`. */
      filters: artifactSchema,
    }),
  },
  /** The position embeddings of patches. */
  'inspect.positions': {
    input: z.object(onModel),
    output: z.object({
      /** Cosine similarity: float32 `[patches, patches]`. */
      similarity: artifactSchema,
      /** Scores on the first three principal components: float32 `[patches, 3]`. */
      components: artifactSchema,
      /** Share of the positions' variance along each. */
      explainedShares: z.array(z.number()),
    }),
  },
  /** Training images as a recipe makes them. */
  'inspect.augment': {
    input: z.object({
      dataset: z.string().min(1),
      augment: augmentSchema,
      /** Side of the model's input in pixels; null for the dataset's. */
      imageSize: z.int().positive().max(1024).nullable(),
      /** One image that is drawn for again and again; null for images from all over the training split. */
      record: z.int().min(0).nullable(),
      count: z.int().positive().max(64),
      seed: z.int().min(0),
    }),
    output: z.object({ samples: z.array(augmentSampleSchema) }),
  },
  /** What a folder, an archive or a file of labels would be taken for by a preparation. */
  'inspect.source': {
    input: z.object({ source: z.string().min(1) }),
    output: z.object({
      /** Null for an archive that can't be looked into before it is unpacked. */
      found: z
        .object({
          /** What it was taken for, in a sentence. */
          recognised: z.string(),
          /** The first of them. */
          classes: z.array(z.string()),
          classCount: z.int(),
          images: z.int(),
          /** Images that the source itself has for validation. */
          validationImages: z.int(),
          otherFiles: z.int(),
          /** Side in pixels of images that are all alike and square. */
          ownSide: z.int().nullable(),
        })
        .nullable(),
    }),
  },
  doctor: { input: z.object({}), output: doctorReportSchema },
} as const

import sharp from "sharp";
import { mkdir, open, readdir, realpath, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { randomUUID } from "node:crypto";
import { z } from "zod";
// src/shared/errors.ts
/**
* Failures are values: a kind for the program, a sentence for the person.
* Inside one process they travel as `VitrineError`; across a process border as `Failure`.
*/
const failureKinds = [
	"invalid-input",
	"not-found",
	"unreadable",
	"disk-full",
	"out-of-memory",
	"not-finite",
	"cancelled",
	"engine-lost",
	"unavailable",
	"internal"
];
var VitrineError = class extends Error {
	kind;
	field;
	constructor(kind, message, options = {}) {
		super(message, options.cause === void 0 ? void 0 : { cause: options.cause });
		this.name = "VitrineError";
		this.kind = kind;
		this.field = options.field;
	}
	toFailure() {
		return {
			kind: this.kind,
			message: this.message,
			field: this.field
		};
	}
};
// src/main/engine/data/channelStatistics.ts
/** Mean and standard deviation of each colour over many images, from exact sums. */
var ChannelStatistics = class {
	pixels = 0;
	sums = [
		0,
		0,
		0
	];
	squares = [
		0,
		0,
		0
	];
	/** @param image RGB bytes, `[…, 3]` */
	add(image) {
		this.accumulate(image, 1);
	}
	/** Takes back an image that was added. */
	remove(image) {
		this.accumulate(image, -1);
	}
	/** For pixels from 0 to 1. A deviation is never 0, since inputs are divided by it. */
	result() {
		const count = Math.max(1, this.pixels);
		const mean = this.sums.map((sum) => sum / count / 255);
		return {
			mean,
			std: this.squares.map((square, channel) => {
				const variance = square / count / 255 ** 2 - (mean[channel] ?? 0) ** 2;
				return Math.max(Math.sqrt(Math.max(0, variance)), 1 / 255);
			})
		};
	}
	accumulate(image, sign) {
		const chunk = 24576;
		for (let start = 0; start < image.length; start += chunk) {
			const end = Math.min(start + chunk, image.length);
			for (let channel = 0; channel < 3; channel++) {
				let sum = 0;
				let square = 0;
				for (let i = start + channel; i < end; i += 3) {
					const value = image[i] ?? 0;
					sum += value;
					square += value * value;
				}
				this.sums[channel] = (this.sums[channel] ?? 0) + sign * sum;
				this.squares[channel] = (this.squares[channel] ?? 0) + sign * square;
			}
		}
		this.pixels += sign * image.length / 3;
	}
};
// src/main/engine/data/classCounts.ts
/** Images of each class per split. `labels`: training records first. */
function countByClass(labels, trainCount, classCount) {
	const counts = {
		train: new Array(classCount).fill(0),
		val: new Array(classCount).fill(0)
	};
	for (let record = 0; record < labels.length; record++) {
		const split = record < trainCount ? counts.train : counts.val;
		const label = labels[record] ?? 0;
		split[label] = (split[label] ?? 0) + 1;
	}
	return counts;
}
// src/shared/config/modelPresets.ts
const widths = {
	Ti: {
		embedDim: 192,
		depth: 12,
		numHeads: 3
	},
	S: {
		embedDim: 384,
		depth: 12,
		numHeads: 6
	},
	B: {
		embedDim: 768,
		depth: 12,
		numHeads: 12
	},
	L: {
		embedDim: 1024,
		depth: 24,
		numHeads: 16
	},
	H: {
		embedDim: 1280,
		depth: 32,
		numHeads: 16
	}
};
const patchSizes = [
	8,
	16,
	32
];
const widthNames = [
	"Ti",
	"S",
	"B",
	"L",
	"H"
];
/** All presets, from the smallest width to the largest. */
const presetNames = widthNames.flatMap((width) => patchSizes.map((patchSize) => `${width}/${patchSize}`));
function isPresetName(name) {
	return presetNames.some((preset) => preset === name);
}
new Map(widthNames.flatMap((width) => patchSizes.map((patchSize) => [`${width}/${patchSize}`, {
	...widths[width],
	patchSize,
	mlpRatio: 4
}])));
// src/shared/config/runConfig.ts
/** One schema for the form, the configuration file and the command line. Unknown keys are errors. */
const positiveInt = z.int("must be a whole number").positive("must be at least 1");
const fraction = z.number().min(0, "must be between 0 and 1").lt(1, "must be below 1");
const dataSchema = z.strictObject({
	dataset: z.string().min(1, "choose a dataset"),
	imageSize: positiveInt.optional(),
	augment: z.enum(["none", "light"]).default("light"),
	shuffle: z.boolean().default(true),
	normalize: z.strictObject({
		mean: z.array(z.number()).length(3, "needs three numbers, one for each channel"),
		std: z.array(z.number().positive("must be above 0")).length(3, "needs three numbers, one for each channel")
	}).optional()
});
const modelSchema = z.strictObject({
	preset: z.string().refine(isPresetName, { error: `must be one of ${presetNames.join(", ")}` }).optional(),
	patchSize: positiveInt.optional(),
	embedDim: positiveInt.optional(),
	depth: positiveInt.optional(),
	numHeads: positiveInt.optional(),
	mlpRatio: z.number().positive("must be above 0").optional(),
	dropout: fraction.default(0),
	attentionDropout: fraction.default(0),
	dropPath: fraction.default(0)
});
const optimizerSchema = z.strictObject({
	name: z.literal("adamw").default("adamw"),
	lr: z.number().positive("must be above 0").default(1e-4),
	betas: z.tuple([fraction, fraction]).default([.9, .999]),
	eps: z.number().positive("must be above 0").default(1e-8),
	weightDecay: z.number().min(0, "must not be negative").default(.05),
	decayNormAndBias: z.boolean().default(true)
});
const scheduleSchema = z.strictObject({
	name: z.enum([
		"chained-warmup-cosine",
		"warmup-cosine",
		"constant"
	]).default("chained-warmup-cosine"),
	warmupEpochs: z.int("must be a whole number").min(0, "must not be negative").default(4),
	warmupStartLr: z.number().positive("must be above 0").default(1e-6),
	minLr: z.number().min(0, "must not be negative").default(1e-7)
});
const monitors = ["val_loss", "val_acc"];
const earlyStoppingSchema = z.strictObject({
	monitor: z.enum(monitors).default("val_loss"),
	patience: positiveInt.default(5)
});
const trainSchema = z.strictObject({
	epochs: positiveInt.default(40),
	batchSize: positiveInt.default(256),
	precision: z.enum(["fp32", "bf16"]).default("fp32"),
	maxSteps: positiveInt.nullable().default(null),
	optimizer: optimizerSchema.prefault({}),
	schedule: scheduleSchema.prefault({}),
	labelSmoothing: fraction.default(0),
	clipGradNorm: z.number().positive("must be above 0").nullable().default(null),
	gradAccumulation: z.literal(1, "can only be 1 in this version").default(1),
	ema: z.null("can only be null in this version").default(null),
	earlyStopping: earlyStoppingSchema.nullable().default(null)
});
const initSchema = z.strictObject({
	checkpoint: z.string().min(1).nullable().default(null),
	head: z.enum(["new", "keep"]).default("new")
});
const runConfigSchema = z.strictObject({
	name: z.string().max(120, "must be at most 120 characters").default(""),
	seed: z.int("must be a whole number").min(0).max(4294967295, "must be at most 4294967295").default(42),
	data: dataSchema,
	model: modelSchema,
	init: initSchema.prefault({}),
	train: trainSchema.prefault({})
});
/** The sizes of one model, all of them known. `imageSize` in pixels, `channels` 3 for RGB. */
const vitSizesSchema = z.strictObject({
	imageSize: z.int().positive(),
	channels: z.int().positive(),
	patchSize: z.int().positive(),
	embedDim: z.int().positive(),
	depth: z.int().positive(),
	numHeads: z.int().positive(),
	mlpRatio: z.number().positive(),
	numClasses: z.int().positive(),
	dropout: fraction,
	attentionDropout: fraction,
	dropPath: fraction
});
z.object({
	kind: z.enum(failureKinds),
	message: z.string(),
	field: z.string().optional()
});
const skippedFileSchema = z.object({
	file: z.string(),
	reason: z.string()
});
/**
* `dataset.json` of a prepared dataset. Images are in `images.u8`: `trainCount` records of the
* training split, then `valCount` of the validation split; a record is side × side × 3 bytes, RGB,
* row by row. Labels are in `labels.json` beside it, one whole number per record.
*/
const datasetManifestSchema = z.object({
	format: z.literal(1),
	name: z.string(),
	/** Folder the images came from, or the sample that was generated. */
	source: z.string(),
	createdAt: z.string(),
	/** Side of a record in pixels. */
	imageSize: z.int().positive(),
	classes: z.array(z.string()),
	trainCount: z.int().min(0),
	valCount: z.int().min(0),
	/** Images of each class per split, in the order of `classes`. */
	classCounts: z.object({
		train: z.array(z.int()),
		val: z.array(z.int())
	}),
	/** Per-channel mean and standard deviation of the training split, for pixels from 0 to 1. */
	statistics: z.object({
		mean: z.array(z.number()).length(3),
		std: z.array(z.number()).length(3)
	}),
	/** Files that could not be used, with the reason in words. */
	skipped: z.array(skippedFileSchema),
	/** `masks.u8` beside the images: side × side bytes a record, 1 where the object is. */
	hasMasks: z.boolean()
});
z.object({
	file: z.string(),
	width: z.int(),
	height: z.int()
});
z.object({
	/** `sample:shapes`, `sample:digits`, or the absolute path of a prepared dataset's folder. */
	id: z.string(),
	/** A sample is made the first time it is used; until then `manifest` is null. */
	kind: z.enum(["sample", "prepared"]),
	name: z.string(),
	description: z.string(),
	sizeBytes: z.number(),
	manifest: datasetManifestSchema.nullable()
});
/** `run.json`. A folder whose status is `running` without a live process is shown as interrupted. */
const runRecordSchema = z.object({
	format: z.literal(1),
	id: z.string(),
	name: z.string(),
	createdAt: z.string(),
	endedAt: z.string().nullable(),
	status: z.enum([
		"running",
		"finished",
		"stopped",
		"cancelled",
		"failed",
		"interrupted"
	]),
	/** Why it ended early, in a sentence. */
	reason: z.string().nullable(),
	config: runConfigSchema,
	sizes: vitSizesSchema,
	dataset: z.object({
		name: z.string(),
		classes: z.array(z.string()),
		trainCount: z.int(),
		valCount: z.int(),
		mean: z.array(z.number()).length(3),
		std: z.array(z.number()).length(3)
	}),
	parameters: z.int(),
	stepsPerEpoch: z.int(),
	versions: z.record(z.string(), z.string()),
	device: z.string(),
	/** Process that trains or trained it; with `status` it tells an interrupted run. */
	processId: z.int(),
	best: z.object({
		epoch: z.int(),
		monitor: z.enum(monitors),
		value: z.number()
	}).nullable()
});
/** One line of `metrics.jsonl` after an optimizer step; `step` counts from 1 over the whole run. */
const stepMetricsSchema = z.object({
	type: z.literal("step"),
	step: z.int(),
	epoch: z.int(),
	loss: z.number(),
	lr: z.number(),
	gradNorm: z.number(),
	imagesPerSecond: z.number()
});
/** One line of `metrics.jsonl` after an epoch; accuracies are fractions; val is null without a split. */
const epochMetricsSchema = z.object({
	type: z.literal("epoch"),
	epoch: z.int(),
	lr: z.number(),
	train_loss: z.number(),
	train_acc: z.number(),
	val_loss: z.number().nullable(),
	val_acc: z.number().nullable(),
	seconds: z.number()
});
z.discriminatedUnion("type", [stepMetricsSchema, epochMetricsSchema]);
const checkpointNames = ["best", "last"];
z.object({
	record: runRecordSchema,
	folder: z.string(),
	/** The last epoch that was finished, if any. */
	lastEpoch: epochMetricsSchema.nullable(),
	checkpoints: z.array(z.enum(checkpointNames))
});
const doctorItemSchema = z.object({
	name: z.string(),
	/** Version, path or number that was found. */
	found: z.string().nullable(),
	ok: z.boolean(),
	/** The command or step that mends it, when it is missing or wrong. */
	mend: z.string().nullable()
});
z.object({
	ok: z.boolean(),
	items: z.array(doctorItemSchema)
});
z.discriminatedUnion("from", [z.object({
	from: z.literal("run"),
	runId: z.string(),
	name: z.enum(checkpointNames)
}), z.object({
	from: z.literal("file"),
	path: z.string().min(1)
})]);
z.discriminatedUnion("from", [z.object({
	from: z.literal("file"),
	path: z.string().min(1)
}), z.object({
	from: z.literal("dataset"),
	dataset: z.string(),
	index: z.int().min(0)
})]);
/** A file that the engine wrote for the window: its address, and for arrays the shape. */
const artifactSchema = z.object({
	url: z.string(),
	shape: z.array(z.int())
});
z.object({
	title: z.string(),
	sizes: vitSizesSchema,
	classes: z.array(z.string()),
	parameters: z.int(),
	/** Epoch at which the checkpoint was written, if it says so. */
	epoch: z.int().nullable()
});
const predictionSchema = z.object({
	class: z.string(),
	probability: z.number(),
	logit: z.number()
});
z.object({
	name: z.string(),
	width: z.int(),
	height: z.int(),
	/** All classes, most probable first. */
	predictions: z.array(predictionSchema),
	/** PNG of the whole image in its own aspect, at most 1,024 px on its longer side. */
	picture: artifactSchema,
	/** PNG of exactly what the model gets, side × side, before normalisation. */
	modelInput: artifactSchema,
	/** The label of a dataset's image. */
	label: z.string().nullable()
});
// src/shared/folders.ts
const datasetFiles = {
	manifest: "dataset.json",
	images: "images.u8",
	labels: "labels.json",
	origins: "records.json",
	masks: "masks.u8"
};
// src/main/engine/formats/atomicWrite.ts
/** Makes renames in a folder last through a power cut. Windows has no such call and needs none. */
async function syncFolder(folder) {
	if (process.platform === "win32") return;
	const handle = await open(folder, "r");
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}
// src/main/engine/formats/openFile.ts
/** Fills `target` from `position` on; false when the file ends before. */
async function readFully(file, target, position) {
	let done = 0;
	while (done < target.byteLength) {
		const length = Math.min(target.byteLength - done, 2 ** 30);
		const { bytesRead } = await file.read(target, done, length, position + done);
		if (bytesRead === 0) return false;
		done += bytesRead;
	}
	return true;
}
/** Writes all of `bytes` from `position` on. */
async function writeFully(file, bytes, position) {
	let done = 0;
	while (done < bytes.byteLength) {
		const length = Math.min(bytes.byteLength - done, 2 ** 30);
		const { bytesWritten } = await file.write(bytes, done, length, position + done);
		done += bytesWritten;
	}
}
// src/main/engine/data/datasetWriter.ts
const ownFiles = Object.values(datasetFiles);
/**
* Makes a prepared dataset in a temporary folder beside its place and moves it there when it is
* whole. Until `commit` has ended, `discard` leaves everything as it was before.
*/
var DatasetWriter = class DatasetWriter {
	out;
	temporary;
	firstMade;
	recordBytes;
	images;
	masks;
	constructor(out, temporary, firstMade, recordBytes, images, masks) {
		this.out = out;
		this.temporary = temporary;
		this.firstMade = firstMade;
		this.recordBytes = recordBytes;
		this.images = images;
		this.masks = masks;
	}
	/**
	* @param side of a record in pixels
	* @throws VitrineError `invalid-input` when `out` holds something else than a prepared dataset.
	*/
	static async begin(out, side, options) {
		const place = resolve(out);
		await checkReplaceable(place);
		const firstMade = await mkdir(dirname(place), { recursive: true });
		const temporary = join(dirname(place), `.${basename(place)}.${randomUUID()}.partial`);
		await mkdir(temporary);
		const images = await open(join(temporary, datasetFiles.images), "wx+");
		const masks = options.masks ? await open(join(temporary, datasetFiles.masks), "wx+") : null;
		return new DatasetWriter(place, temporary, firstMade, side ** 2 * 3, images, masks);
	}
	/** Puts one or several records, `[…, side, side, 3]`, at a position counted in records. */
	writeImages(position, pixels) {
		return writeFully(this.images, pixels, position * this.recordBytes);
	}
	async readImage(position) {
		const pixels = new Uint8Array(this.recordBytes);
		await readFully(this.images, pixels, position * this.recordBytes);
		return pixels;
	}
	/** As `writeImages`, for masks `[…, side, side]`. */
	async writeMasks(position, masks) {
		if (this.masks !== null) await writeFully(this.masks, masks, position * this.recordBytes / 3);
	}
	/**
	* Puts the records at `positions` together, in that order, and drops the others. Most records only
	* move towards the start; the few that move towards the end are kept in memory meanwhile.
	*/
	async compact(positions) {
		const kept = /* @__PURE__ */ new Map();
		for (const [target, position] of positions.entries()) if (position < target) kept.set(position, await this.readImage(position));
		for (const [target, position] of positions.entries()) {
			if (position === target) continue;
			await this.writeImages(target, kept.get(position) ?? await this.readImage(position));
		}
		await this.images.truncate(positions.length * this.recordBytes);
	}
	/** Writes what belongs to the records and moves the dataset to its place; returns the manifest. */
	async commit(manifest, labels, origins) {
		const checked = datasetManifestSchema.parse(manifest);
		const whole = { flush: true };
		await writeFile(join(this.temporary, datasetFiles.labels), JSON.stringify(labels), whole);
		await writeFile(join(this.temporary, datasetFiles.origins), JSON.stringify(origins), whole);
		await writeFile(join(this.temporary, datasetFiles.manifest), `${JSON.stringify(checked, null, 2)}
`, whole);
		await this.images.sync();
		await this.masks?.sync();
		await syncFolder(this.temporary);
		await this.closeFiles();
		await this.moveIntoPlace();
		return checked;
	}
	async discard() {
		await this.closeFiles();
		await rm(this.temporary, {
			recursive: true,
			force: true
		});
		if (this.firstMade === void 0) return;
		for (let folder = dirname(this.out); folder.startsWith(this.firstMade); folder = dirname(folder)) if (!await removeEmptyFolder(folder)) return;
	}
	async moveIntoPlace() {
		await checkReplaceable(this.out);
		const old = `${this.temporary}.old`;
		const replaced = await renameIfThere(this.out, old);
		try {
			await rename(this.temporary, this.out);
		} catch (error) {
			if (replaced) await rename(old, this.out);
			throw error;
		}
		await syncFolder(dirname(this.out));
		if (replaced) await rm(old, {
			recursive: true,
			force: true
		});
	}
	async closeFiles() {
		await this.images.close();
		await this.masks?.close();
	}
};
/** Only a folder that is empty or holds nothing but a prepared dataset's own files is replaced. */
async function checkReplaceable(out) {
	let entries;
	try {
		entries = await readdir(out);
	} catch (error) {
		const code = error instanceof Error && "code" in error ? error.code : void 0;
		if (code === "ENOENT") return;
		if (code === "ENOTDIR") throw new VitrineError("invalid-input", `${out} is a file: choose a folder for the dataset.`);
		throw error;
	}
	if (entries.length === 0) return;
	if (!entries.includes(datasetFiles.manifest) || entries.some((entry) => !ownFiles.includes(entry))) throw new VitrineError("invalid-input", `The folder ${out} holds other files: choose a new or empty folder for the dataset.`);
}
async function renameIfThere(from, to) {
	try {
		await rename(from, to);
		return true;
	} catch (error) {
		if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
		throw error;
	}
}
async function removeEmptyFolder(folder) {
	try {
		await rmdir(folder);
		return true;
	} catch {
		return false;
	}
}
// src/main/engine/data/decode.ts
sharp.cache(false);
/** More than any camera takes; a small file can claim to be much larger. */
const maxPixels = 2 ** 27;
const formats = [
	"jpeg",
	"png",
	"webp",
	"gif",
	"tiff",
	"heif"
];
const formatNames = "JPEG, PNG, WebP, GIF, TIFF or AVIF";
/** An image file that can't be used; `reason` is a clause without the file's name. */
var UnusableImage = class extends VitrineError {
	reason;
	constructor(path, reason, cause) {
		super("unreadable", `${basename(path)} can't be used, because ${reason}: choose another image.`, { cause });
		this.reason = reason;
		this.name = "UnusableImage";
	}
};
/**
* Decodes an image upright, as sRGB over white, and squashes it to a square. The triangle filter,
* widened when shrinking, is torchvision's `Resize((side, side))` with antialias.
*
* @throws UnusableImage
*/
function decodeSquare(path, side) {
	return decoding(path, async () => {
		const { image, width, height } = await openImage(path);
		const pixels = await image.resize(side, side, {
			fit: "fill",
			kernel: "linear"
		}).toColourspace("srgb").raw({ depth: "uchar" }).toBuffer();
		if (pixels.length !== side * side * 3) throw new UnusableImage(path, "its colours are of an unknown kind");
		return {
			pixels,
			width,
			height
		};
	});
}
async function openImage(path) {
	const image = sharp(path, {
		failOn: "error",
		autoOrient: true,
		limitInputPixels: maxPixels
	});
	const { format, autoOrient } = await image.metadata();
	if (!formats.includes(format)) throw new UnusableImage(path, `it is not a ${formatNames} image`);
	return {
		image: image.flatten({ background: "#ffffff" }),
		...autoOrient
	};
}
async function decoding(path, work) {
	try {
		return await work();
	} catch (error) {
		if (error instanceof UnusableImage) throw error;
		throw new UnusableImage(path, await reasonOf(error, path), error);
	}
}
async function reasonOf(error, path) {
	const message = error instanceof Error ? error.message : String(error);
	const stats = await stat(path).catch(() => null);
	if (stats === null) return "there is no such file";
	if (!stats.isFile()) return "it is not a file";
	if (stats.size === 0) return "the file is empty";
	if (message.includes("pixel limit")) return `it has more than ${Math.floor(maxPixels / 1e6)} million pixels`;
	if (message.includes("unsupported image format")) return `it is not a ${formatNames} image`;
	if (/permission|unable to open|EACCES/i.test(message)) return "it can't be opened";
	return "the picture is damaged or cut off";
}
// src/main/engine/data/imageFolder.ts
const extensions = [
	".jpg",
	".jpeg",
	".jpe",
	".jfif",
	".png",
	".webp",
	".gif",
	".tif",
	".tiff",
	".avif"
];
const valNames = [
	"val",
	"validation",
	"valid",
	"test"
];
const arrangement = "put the images of each class in a folder of their own, named after the class";
/**
* Finds the images of a folder of class folders, with or without `train` and `val` above them. All
* lists are sorted, so that the same files give the same dataset on every machine.
*
* @throws VitrineError `not-found` or `invalid-input` with how to arrange the images.
*/
async function scanImageFolder(source) {
	const stats = await stat(source).catch(() => null);
	if (stats === null) throw new VitrineError("not-found", `There is no folder ${source}: check the path.`);
	if (!stats.isDirectory()) throw new VitrineError("invalid-input", `${source} is not a folder: ${arrangement}.`);
	const skipped = [];
	const splits = await findSplits(source);
	const train = await scanClasses(source, splits?.train ?? [], skipped);
	let val = null;
	for (const name of splits?.val ?? []) {
		const found = await scanClasses(source, [name], skipped);
		if (found.length > 0) {
			val = found;
			break;
		}
	}
	const classes = [...new Set(train.map(({ className }) => className))].sort(byCodeUnits);
	if (train.length === 0) throw new VitrineError("invalid-input", `${source} ${skipped.length === 0 ? "holds no images" : "holds no images in class folders"}: ${arrangement}.`);
	if (classes.length < 2) throw new VitrineError("invalid-input", `${source} has only one class folder (${classes.join()}), and training needs at least two: ${arrangement}.`);
	const known = val?.filter(({ className }) => classes.includes(className)) ?? null;
	for (const { file, className } of val ?? []) if (!classes.includes(className)) skipped.push({
		file,
		reason: "its class has no training images"
	});
	return {
		classes,
		train,
		val: known,
		skipped
	};
}
/** `train` counts as a split when it has folders of its own; otherwise it is a class like others. */
async function findSplits(source) {
	const { folders } = await list(source);
	if (!folders.includes("train")) return null;
	if ((await list(join(source, "train"))).folders.length === 0) return null;
	return {
		train: ["train"],
		val: valNames.filter((name) => folders.includes(name))
	};
}
/** Images of the class folders in `source`/`below`. */
async function scanClasses(source, below, skipped) {
	const { folders, files } = await list(join(source, ...below));
	for (const name of files) skipped.push({
		file: [...below, name].join("/"),
		reason: "it is not in a class folder"
	});
	const found = [];
	for (const className of folders) {
		const visited = /* @__PURE__ */ new Set();
		for (const file of await filesBelow(source, [...below, className], visited)) {
			const extension = extname(file).toLowerCase();
			if (extension === "" || extensions.includes(extension)) found.push({
				path: join(source, file),
				file,
				className
			});
			else skipped.push({
				file,
				reason: `files of the kind ${extension} are not read`
			});
		}
	}
	return found;
}
/** `visited` ends the walk where a link leads back to a folder above it. */
async function filesBelow(source, below, visited) {
	const folder = await realpath(join(source, ...below));
	if (visited.has(folder)) return [];
	visited.add(folder);
	const { folders, files } = await list(folder);
	const found = files.map((name) => [...below, name].join("/"));
	for (const name of folders) found.push(...await filesBelow(source, [...below, name], visited));
	return found;
}
/** What is in a folder, sorted, without hidden entries; links count as what they lead to. */
async function list(folder) {
	const folders = [];
	const files = [];
	for (const entry of await readdir(folder, { withFileTypes: true })) {
		if (entry.name.startsWith(".") || entry.name === "Thumbs.db" || entry.name === "desktop.ini") continue;
		if ((entry.isSymbolicLink() ? await stat(join(folder, entry.name)).catch(() => entry) : entry).isDirectory()) folders.push(entry.name);
		else files.push(entry.name);
	}
	return {
		folders: folders.sort(byCodeUnits),
		files: files.sort(byCodeUnits)
	};
}
/** The same order everywhere, unlike the user's language's. */
function byCodeUnits(a, b) {
	if (a === b) return 0;
	return a < b ? -1 : 1;
}
// src/shared/random.ts
/**
* The one source of randomness: a seeded generator that is passed in.
* sfc32 (Chris Doty-Humphrey's Small Fast Counter), seeded through splitmix32.
*/
var SeededRandom = class SeededRandom {
	a;
	b;
	c;
	counter;
	spareNormal = null;
	constructor(seed) {
		let state = seed >>> 0;
		const next = () => {
			state = state + 2654435769 >>> 0;
			let mixed = state;
			mixed = Math.imul(mixed ^ mixed >>> 16, 569420461);
			mixed = Math.imul(mixed ^ mixed >>> 15, 1935289751);
			return (mixed ^ mixed >>> 15) >>> 0;
		};
		this.a = next();
		this.b = next();
		this.c = next();
		this.counter = 1;
		for (let i = 0; i < 12; i++) this.uint32();
	}
	/** An independent stream for one purpose, e.g. `SeededRandom.stream(seed, 'shuffle', epoch)`. */
	static stream(seed, ...purpose) {
		let hash = seed >>> 0;
		for (const character of purpose.join("/")) {
			hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619) >>> 0;
			hash = (hash ^ hash >>> 13) >>> 0;
		}
		return new SeededRandom(hash);
	}
	/** Uniform whole number in [0, 2³²). */
	uint32() {
		const sum = this.a + this.b + this.counter >>> 0;
		this.counter = this.counter + 1 >>> 0;
		this.a = (this.b ^ this.b >>> 9) >>> 0;
		this.b = this.c + (this.c << 3) >>> 0;
		this.c = (this.c << 21 | this.c >>> 11) >>> 0;
		this.c = this.c + sum >>> 0;
		return sum;
	}
	/** Uniform in [low, high), with 53 random bits. */
	uniform(low = 0, high = 1) {
		const unit = ((this.uint32() >>> 5) * 67108864 + (this.uint32() >>> 6)) / 9007199254740992;
		return low + (high - low) * unit;
	}
	/** Uniform whole number in [0, bound). */
	below(bound) {
		return Math.floor(this.uniform() * bound);
	}
	/** Normal with the given mean and standard deviation (Box–Muller). */
	normal(mean = 0, std = 1) {
		if (this.spareNormal !== null) {
			const spare = this.spareNormal;
			this.spareNormal = null;
			return mean + std * spare;
		}
		const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
		const angle = 2 * Math.PI * this.uniform();
		this.spareNormal = radius * Math.sin(angle);
		return mean + std * radius * Math.cos(angle);
	}
	/** A random order of 0 … count − 1 (Fisher–Yates). */
	permutation(count) {
		const order = Uint32Array.from({ length: count }, (_, index) => index);
		for (let last = count - 1; last > 0; last--) {
			const other = this.below(last + 1);
			const moved = order[last] ?? 0;
			order[last] = order[other] ?? 0;
			order[other] = moved;
		}
		return order;
	}
};
// src/main/engine/data/split.ts
/**
* Chooses the records for validation, class by class: `fraction` of all and, as near as whole images
* allow, of each class, where a class of two or more images has at least one on each side.
*
* @param labels class of each record
* @returns for each record, whether it is for validation
*/
function stratifiedSplit(labels, fraction, seed) {
	const chosen = labels.map(() => false);
	if (fraction <= 0) return chosen;
	const groups = [...groupBy([...labels.keys()], (record) => labels[record] ?? 0)];
	const shares = groups.map(([, members]) => members.length * fraction);
	for (const [index, count] of roundedShares(shares).entries()) {
		const [label, members] = groups[index] ?? [0, []];
		const forVal = members.length < 2 ? 0 : Math.min(members.length - 1, Math.max(1, count));
		const order = SeededRandom.stream(seed, "split", label).permutation(members.length);
		for (const position of order.subarray(0, forVal)) chosen[members[position] ?? 0] = true;
	}
	return chosen;
}
/** Whole numbers near `shares` with the sum of `shares`: the largest remainders are rounded up. */
function roundedShares(shares) {
	const counts = shares.map(Math.floor);
	const missing = Math.round(shares.reduce((sum, share) => sum + share, 0)) - counts.reduce((sum, count) => sum + count, 0);
	const remainder = (index) => (shares[index] ?? 0) - (counts[index] ?? 0);
	const byRemainder = [...shares.keys()].sort((a, b) => remainder(b) - remainder(a) || a - b);
	for (const index of byRemainder.slice(0, missing)) counts[index] = (counts[index] ?? 0) + 1;
	return counts;
}
/** Groups in the order in which their keys first appear. */
function groupBy(items, keyOf) {
	const groups = /* @__PURE__ */ new Map();
	for (const item of items) {
		const group = groups.get(keyOf(item));
		if (group === void 0) groups.set(keyOf(item), [item]);
		else group.push(item);
	}
	return groups;
}
// src/main/engine/data/preparePlan.ts
const inSplit = (split) => (image) => ({
	...image,
	split
});
/** Gives every file a split and a place, training first, before it is known which can be decoded. */
function planSplits(folder, valFraction, seed) {
	if (folder.val !== null) return [...folder.train.map(inSplit("train")), ...folder.val.map(inSplit("val"))];
	const chosen = stratifiedSplit(folder.train.map(({ className }) => folder.classes.indexOf(className)), valFraction, seed);
	return [...folder.train.filter((_, index) => !chosen[index]).map(inSplit("train")), ...folder.train.filter((_, index) => chosen[index]).map(inSplit("val"))];
}
/**
* Arranges what could be decoded. Where `keepBothSides` is set and a class of two or more images has
* lost all that it had in one split, its last image moves there. A class without a training image
* can't be learnt and is dropped.
*
* @param usable in the order of the plan
*/
function arrangeUsable(usable, keepBothSides) {
	const moved = [];
	const images = [];
	const skipped = [];
	const classes = [];
	for (const [className, members] of groupBy(usable, (image) => image.className)) {
		const last = members.at(-1);
		const oneSided = members.every(({ split }) => split === last?.split);
		if (keepBothSides && last !== void 0 && members.length > 1 && oneSided) {
			moved.push({
				...last,
				split: last.split === "train" ? "val" : "train"
			});
			members[members.length - 1] = moved.at(-1) ?? last;
		}
		if (members.some(({ split }) => split === "train")) {
			classes.push(className);
			images.push(...members);
		} else skipped.push(...members.map(({ file }) => ({
			file,
			reason: "its class has no usable training images"
		})));
	}
	const rank = (image) => image.split === "train" ? 0 : 1;
	images.sort((a, b) => rank(a) - rank(b) || a.position - b.position);
	return {
		classes: classes.sort((a, b) => a < b ? -1 : 1),
		images,
		moved,
		skipped
	};
}
// src/main/engine/data/progress.ts
const intervalMs = 100;
/** Reports how far a count has come, at most ten times a second, with the time that is left. */
var ProgressReporter = class {
	context;
	stage;
	total;
	startedAt = performance.now();
	reportedAt = -Infinity;
	done = 0;
	constructor(context, stage, total) {
		this.context = context;
		this.stage = stage;
		this.total = total;
		this.report();
	}
	advance(count = 1) {
		this.done += count;
		if (performance.now() - this.reportedAt >= intervalMs || this.done >= this.total) this.report();
	}
	report() {
		this.reportedAt = performance.now();
		const seconds = (this.reportedAt - this.startedAt) / 1e3;
		const secondsLeft = this.done === 0 ? null : seconds / this.done * (this.total - this.done);
		const { stage, done, total } = this;
		this.context.emit({
			type: "progress",
			progress: {
				stage,
				done,
				total,
				secondsLeft
			}
		});
	}
};
/**
* Half a dataset is of no use, so that stopping is the same as cancelling.
*
* @throws VitrineError `cancelled` once the job should end.
*/
function throwIfEnded(context) {
	if (context.cancelled.aborted || context.stopRequested()) throw new VitrineError("cancelled", "Preparing the dataset was cancelled: nothing was kept.");
}
// src/main/engine/data/prepare.ts
/**
* Turns a folder of images into a prepared dataset. Images that can't be used are left out and
* listed in the manifest; a cancelled or failed preparation leaves nothing behind.
*
* @throws VitrineError `not-found`, `invalid-input`, `cancelled`; the system's error as it is (e.g. `ENOSPC`).
*/
async function prepareDataset(input, context) {
	const { source, out, imageSize, valFraction, seed = 42 } = input;
	const folder = await scanImageFolder(source);
	await checkApart(source, out);
	const plan = planSplits(folder, valFraction, seed);
	const writer = await DatasetWriter.begin(out, imageSize, { masks: false });
	try {
		const statistics = new ChannelStatistics();
		const decoded = await decodeAll(plan, imageSize, {
			writer,
			statistics,
			context
		});
		const { classes, images, moved, skipped } = arrangeUsable(decoded.usable, folder.val === null && valFraction > 0);
		const allSkipped = [
			...folder.skipped,
			...decoded.skipped,
			...skipped
		].sort((a, b) => a.file < b.file ? -1 : 1);
		if (classes.length < 2) throw tooFewUsable(source, classes, allSkipped);
		for (const { position, split } of moved) {
			const pixels = await writer.readImage(position);
			if (split === "train") statistics.add(pixels);
			else statistics.remove(pixels);
		}
		await writer.compact(images.map(({ position }) => position));
		throwIfEnded(context);
		const labels = images.map(({ className }) => classes.indexOf(className));
		const trainCount = images.filter(({ split }) => split === "train").length;
		const manifest = {
			format: 1,
			name: basename(resolve(source)),
			source: resolve(source),
			createdAt: (/* @__PURE__ */ new Date()).toISOString(),
			imageSize,
			classes,
			trainCount,
			valCount: images.length - trainCount,
			classCounts: countByClass(labels, trainCount, classes.length),
			statistics: statistics.result(),
			skipped: allSkipped,
			hasMasks: false
		};
		return await writer.commit(manifest, labels, images.map(({ origin }) => origin));
	} catch (error) {
		await writer.discard();
		throw error;
	}
}
/** A dataset inside its own source would be taken for a class the next time. */
async function checkApart(source, out) {
	for (const outer of [resolve(source), await realpath(source)]) {
		const path = relative(outer, resolve(out));
		if (path.split(sep)[0] !== ".." && !isAbsolute(path)) throw new VitrineError("invalid-input", `${out} is inside the folder of images: choose a folder outside of it.`);
	}
}
/**
* Decodes several images at a time, each on one thread: that keeps the cores busier than sharing an
* image between them. Every image is written at its place in the plan.
*/
async function decodeAll(plan, side, { writer, statistics, context }) {
	const usable = [];
	const skipped = [];
	const progress = new ProgressReporter(context, "Preparing images", plan.length);
	const remaining = plan.entries();
	let failed = false;
	const work = async () => {
		for (const [position, image] of remaining) {
			throwIfEnded(context);
			if (failed) return;
			try {
				const { pixels, width, height } = await decodeSquare(image.path, side);
				if (image.split === "train") statistics.add(pixels);
				await writer.writeImages(position, pixels);
				usable.push({
					...image,
					position,
					origin: {
						file: image.file,
						width,
						height
					}
				});
			} catch (error) {
				if (!(error instanceof UnusableImage)) {
					failed = true;
					throw error;
				}
				skipped.push({
					file: image.file,
					reason: error.reason
				});
			}
			progress.advance();
		}
	};
	const threads = sharp.concurrency();
	sharp.concurrency(1);
	try {
		const outcomes = await Promise.allSettled(Array.from({ length: availableParallelism() + 1 }, work));
		for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
	} finally {
		sharp.concurrency(threads);
	}
	return {
		usable: usable.sort((a, b) => a.position - b.position),
		skipped
	};
}
function tooFewUsable(source, classes, skipped) {
	return new VitrineError("invalid-input", `${classes.length === 0 ? "No image can be used" : `Only the class ${classes.join()} has usable images`} in ${source}${skipped.slice(0, 1).map(({ file, reason }) => ` (${file}: ${reason})`).join("")}, and training needs at least two classes: add images or choose another folder.`);
}
// .fd-bench.ts
const ctx = {
	emit: () => {},
	cancelled: new AbortController().signal,
	stopRequested: () => false
};
const src = "/tmp/fd/bench-src";
await rm(src, {
	recursive: true,
	force: true
});
const W = 500;
const H = 375;
for (const c of ["a", "b"]) {
	await mkdir(`${src}/${c}`, { recursive: true });
	for (let i = 0; i < 8; i++) {
		const b = Buffer.alloc(W * H * 3);
		for (let k = 0; k < b.length; k++) b[k] = Math.random() * 255;
		const im = await sharp(b, { raw: {
			width: W,
			height: H,
			channels: 3
		} }).blur(2.5).normalise().jpeg({ quality: 82 }).toBuffer();
		if (i == 0) console.log("jpeg KB", im.length / 1024);
		for (let r = 0; r < 50; r++) await writeFile(`${src}/${c}/${i}-${r}.jpg`, im);
	}
}
const files = (await Promise.all(["a", "b"].map(async (c) => (await readdir(`${src}/${c}`)).map((f) => `${src}/${c}/${f}`)))).flat();
async function measure(name, f) {
	const t = performance.now(), c = process.cpuUsage();
	await f();
	const u = process.cpuUsage(c);
	const cpu = (u.user + u.system) / 1e6;
	console.log(name, "wall", ((performance.now() - t) / 1e3).toFixed(2), "cpu ms/image", (cpu * 1e3 / files.length).toFixed(2), "=> 2 free cores:", (2 * files.length / cpu).toFixed(0), "/s");
}
async function pool(n, g) {
	const it = files.values();
	sharp.concurrency(1);
	await Promise.all(Array.from({ length: n }, async () => {
		for (const p of it) await g(p);
	}));
}
for (let rep = 0; rep < 2; rep++) {
	await measure("prepare", () => prepareDataset({
		source: src,
		out: "/tmp/fd/bench-out",
		imageSize: 256,
		valFraction: .1
	}, ctx));
	for (const k of ["linear", "lanczos3"]) await measure("bare " + k, () => pool(3, (p) => sharp(p).resize(256, 256, {
		fit: "fill",
		kernel: k
	}).raw().toBuffer()));
	await measure("bare + orient + flatten + srgb", () => pool(3, (p) => sharp(p, { autoOrient: true }).flatten({ background: "#fff" }).resize(256, 256, {
		fit: "fill",
		kernel: "linear"
	}).toColourspace("srgb").raw({ depth: "uchar" }).toBuffer()));
	await measure("bare decode only", () => pool(3, (p) => sharp(p).raw().toBuffer()));
	await measure("metadata", () => pool(3, (p) => sharp(p).metadata()));
}
export {};

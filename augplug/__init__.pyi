# The public names of augplug: the one list, from which they are also loaded.

from .api import (
    backends as backends,
    evaluators as evaluators,
    executors as executors,
    export as export,
    exporters as exporters,
    load_images as load_images,
    load_plan as load_plan,
    observers as observers,
    plugins as plugins,
    replay as replay,
    search as search,
    searches as searches,
)
from ._backends import (
    default_backend as default_backend,
)
from ._backends.base import (
    Backend as Backend,
    BatchFunction as BatchFunction,
    ImageFunction as ImageFunction,
    PreparedRows as PreparedRows,
)
from ._backends.tables import (
    fill_values as fill_values,
    tone_table as tone_table,
)
from ._backends.weighing import (
    weighted_sum as weighted_sum,
)
from ._evaluators.base import (
    Evaluator as Evaluator,
)
from ._evaluators.ridge import (
    FeatureRidge as FeatureRidge,
    FittedRidge as FittedRidge,
)
from ._evaluators.scoring import (
    smoothed as smoothed,
)
from ._executors.base import (
    MOST_DEATHS as MOST_DEATHS,
    Executor as Executor,
    Job as Job,
    JobDeath as JobDeath,
    JobResult as JobResult,
)
from ._executors.processes import (
    Processes as Processes,
)
from ._exporters.base import (
    Exporter as Exporter,
    InputSpec as InputSpec,
)
from ._pipeline.augmenter import (
    Augmenter as Augmenter,
)
from ._pipeline.plan import (
    Plan as Plan,
)
from ._policies.grammar import (
    Policy as Policy,
)
from ._search.base import (
    Proposal as Proposal,
    Result as Result,
    SearchAlgorithm as SearchAlgorithm,
)
from ._search.ranking import (
    Ranking as Ranking,
)
from ._search.read_space import (
    read_space as read_space,
)
from ._search.space import (
    SearchSpace as SearchSpace,
)
from ._search.space_base import (
    Space as Space,
)
from ._search.strengths_space import (
    StrengthSpace as StrengthSpace,
)
from ._sample.boxes import (
    Boxes as Boxes,
)
from ._sample.keypoints import (
    Keypoints as Keypoints,
)
from ._test_time.views import (
    TestTime as TestTime,
    Views as Views,
)
from .data.encoded import (
    encode_image as encode_image,
)
from .data.images import (
    decode_image as decode_image,
)
from .data.sampler import (
    EpochSampler as EpochSampler,
)
from .data.sets import (
    Labelled as Labelled,
)
from .effect_batch import (
    EffectBatch as EffectBatch,
)
from .effects import (
    AUTOCONTRAST as AUTOCONTRAST,
    EQUALIZE as EQUALIZE,
    Blend as Blend,
    ColorMix as ColorMix,
    Effect as Effect,
    DisplacementField as DisplacementField,
    Filter as Filter,
    Mix as Mix,
    Noise as Noise,
    Opaque as Opaque,
    Paint as Paint,
    Region as Region,
    MixPart as MixPart,
    Tone as Tone,
    AdaptiveTone as AdaptiveTone,
    Warp as Warp,
    contrast_factor as contrast_factor,
)
from .errors import (
    AugplugError as AugplugError,
    CapabilityError as CapabilityError,
    DataError as DataError,
    ExportError as ExportError,
    GateError as GateError,
    ImageError as ImageError,
    OperationError as OperationError,
    PlanError as PlanError,
    PluginError as PluginError,
    PluginWarning as PluginWarning,
    PolicyError as PolicyError,
    RenamedError as RenamedError,
    RunError as RunError,
    SettingsError as SettingsError,
    StoppedError as StoppedError,
    TargetError as TargetError,
)
from .naming import (
    blend as blend,
    color_jitter as color_jitter,
    compose as compose,
    load_policy as load_policy,
    one_of as one_of,
    operations as operations,
    policies as policies,
    policy as policy,
    register_policy as register_policy,
    sequence as sequence,
    some_of as some_of,
    step as step,
)
from .ops.base import (
    Operation as Operation,
    operation as operation,
)
from .ops.former import (
    FormerField as FormerField,
)
from .ops.parameters import (
    Filled as Filled,
    Resampled as Resampled,
    key as key,
    parameter as parameter,
    resampling as resampling,
)
from ._sample.output import (
    Output as Output,
)
from .report.code import (
    policy_code as policy_code,
)
from .ranges import (
    check_known as check_known,
    check_ranges as check_ranges,
    setting as setting,
)
from .registry import (
    hookimpl as hookimpl,
)
from .distributions import (
    Beta as Beta,
    Choice as Choice,
    Distribution as Distribution,
    Integers as Integers,
    Key as Key,
    LogUniform as LogUniform,
    Normal as Normal,
    Sign as Sign,
    Uniform as Uniform,
)
from .rng import (
    generator as generator,
)
from .tone_runs import (
    join_tones as join_tones,
    split_tones as split_tones,
)
from .shapes import (
    shape_after as shape_after,
)
from .types import (
    Border as Border,
    Canvas as Canvas,
    CanvasTargets as CanvasTargets,
    Histograms as Histograms,
    Fill as Fill,
    Image as Image,
    Interpolation as Interpolation,
    Matrix as Matrix,
    Points as Points,
    Values as Values,
)

__all__: list[str]  # noqa: PYI035  # lazy_loader makes it from the lines above
__version__: str

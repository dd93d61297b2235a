using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using TorchSharp.SparseConv;
using TorchSharp.SparseConv.Data;

namespace PointCloudSegmentation;

/// <summary>Everything that decides the result of a run. It is stored in checkpoints.</summary>
internal sealed class TrainingSettings
{
    public required DataSettings Data { get; init; }

    public required ModelDescription Model { get; init; }

    public required int Epochs { get; init; }

    public required int BatchSize { get; init; }

    public required double LearningRate { get; init; }

    public double WeightDecay { get; init; } = 0.01;

    public LearningSchedule Schedule { get; init; }

    public ClassWeighting ClassWeights { get; init; }

    public bool Augment { get; init; }

    public required int Seed { get; init; }

    /// <summary>
    /// Names the first setting that differs from another run, with both values; null if all are equal.
    /// </summary>
    public string? DifferenceFrom(TrainingSettings other)
    {
        var (mine, theirs) = (Flatten(this), Flatten(other));
        foreach (var (name, value) in mine)
        {
            if (!string.Equals(value, theirs[name], StringComparison.Ordinal))
            {
                return $"{name} is {value}, was {theirs[name]}";
            }
        }
        return null;
    }

    /// <summary>Every setting by name, as JSON writes it.</summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, string> Values => Flatten(this);

    private static Dictionary<string, string> Flatten(TrainingSettings settings)
    {
        var flat = new Dictionary<string, string>(StringComparer.Ordinal);
        var root = JsonSerializer.SerializeToNode(settings, Json.Options)!.AsObject();
        foreach (var (name, value) in root)
        {
            if (value is JsonObject group)
            {
                foreach (var (inner, innerValue) in group)
                {
                    flat[$"{name}.{inner}"] = innerValue?.ToJsonString() ?? "null";
                }
            }
            else
            {
                flat[name] = value?.ToJsonString() ?? "null";
            }
        }
        return flat;
    }
}

/// <summary>The course of the learning rate over the whole run.</summary>
internal enum LearningSchedule
{
    /// <summary>Rises over the first third, then falls to almost zero.</summary>
    OneCycle,

    /// <summary>Falls along a half cosine.</summary>
    Cosine,
}

/// <summary>The weight of each class in the loss.</summary>
internal enum ClassWeighting
{
    /// <summary>All voxels count the same.</summary>
    None,

    /// <summary>Rare classes count more, by 1 / ln(1.02 + share of points).</summary>
    Balanced,
}

/// <summary>The progress of a run.</summary>
internal sealed class TrainingProgress
{
    /// <summary>The epoch that the next step belongs to, from 0.</summary>
    public int Epoch { get; set; }

    /// <summary>The next step within that epoch, from 0.</summary>
    public int Step { get; set; }

    /// <summary>The loss of every step so far.</summary>
    public List<float> Losses { get; init; } = [];

    /// <summary>The learning rate that every step so far was taken with.</summary>
    public List<double> Rates { get; init; } = [];

    /// <summary>The throughput of every step so far.</summary>
    public List<double> PointsPerSecond { get; init; } = [];

    /// <summary>The scores of every epoch so far, on its own training batches and on the validation scans.</summary>
    public List<TrainingScore> Scores { get; init; } = [];

    /// <summary>The best mean IoU on the validation scans.</summary>
    public BestScore Best { get; init; } = new(Patience: int.MaxValue);

    /// <summary>Voxels of the current epoch so far by true and predicted class, [classes, classes].</summary>
    public long[] Confusion { get; set; } = [];

    /// <summary>Counts a step.</summary>
    public void Add(float loss, double rate, double pointsPerSecond)
    {
        Losses.Add(loss);
        Rates.Add(rate);
        PointsPerSecond.Add(pointsPerSecond);
        Step++;
    }
}

/// <summary>What a checkpoint keeps beside the network and the optimizer.</summary>
internal sealed record RunState(TrainingSettings Settings, TrainingProgress Progress);

/// <summary>The JSON of this program: indented, camel case, enumerations by name.</summary>
internal static class Json
{
    public static JsonSerializerOptions Options { get; } =
        new(JsonSerializerDefaults.Web)
        {
            WriteIndented = true,
            NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
            Converters = { new JsonStringEnumConverter() },
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        };
}

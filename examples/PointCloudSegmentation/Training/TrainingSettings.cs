using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using PointCloudSegmentation.Data;
using PointCloudSegmentation.Model;

namespace PointCloudSegmentation.Training;

/// <summary>Everything that decides the result of a run; kept in its checkpoints.</summary>
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

    /// <summary>The first setting in which another run differs, with both values; null where there is none.</summary>
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

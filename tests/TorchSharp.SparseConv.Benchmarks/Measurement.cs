using System.Text.Json;
using System.Text.Json.Serialization;

namespace TorchSharp.SparseConv.Benchmarks;

/// <summary>One case of a benchmark: a JSON line while it runs, a row of the table at the end.</summary>
internal sealed record Measurement
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>What was measured, conv_fwd for example.</summary>
    public required string Bench { get; init; }

    /// <summary>The name of the voxels.</summary>
    public required string Set { get; init; }

    /// <summary>The number of voxels.</summary>
    public long Voxels { get; init; }

    /// <summary>The number of pairs of the rulebook.</summary>
    public long? Pairs { get; init; }

    /// <summary>Input channels.</summary>
    public long? Cin { get; init; }

    /// <summary>Output channels.</summary>
    public long? Cout { get; init; }

    /// <summary>Threads of the engine and of torch.</summary>
    public int Threads { get; init; }

    /// <summary>Element type of the features.</summary>
    public required string Dtype { get; init; }

    /// <summary>Instruction set of the engine.</summary>
    public required string Isa { get; init; }

    /// <summary>Median time.</summary>
    public double Ms { get; init; }

    /// <summary>2 * pairs * cin * cout / time, for each product that the case computes.</summary>
    public double? Gflops { get; init; }

    /// <summary><see cref="Gflops"/> over that of a large matrix product of torch's, measured just before and after.</summary>
    public double? OfSgemm { get; init; }

    /// <summary>The largest resident memory of the process so far.</summary>
    public double PeakRssMb { get; init; }

    /// <summary>The case as one line of JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);
}

using System.Globalization;
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

    /// <summary>The largest resident memory of the process during the case, in 10^6 bytes.</summary>
    public double PeakRssMb { get; init; }

    /// <summary>The case as one line of JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>Cases as a Markdown table.</summary>
    public static string Table(IEnumerable<Measurement> lines)
    {
        var text = new StringWriter(CultureInfo.InvariantCulture);
        text.WriteLine("| bench | set | voxels | pairs | channels | ms | GFLOP/s | of sgemm | peak MB |");
        text.WriteLine("|---|---|---:|---:|---|---:|---:|---:|---:|");
        foreach (var m in lines)
        {
            FormattableString row =
                $"| {m.Bench} | {m.Set} | {m.Voxels} | {m.Pairs} | {(m.Cin is null ? "" : $"{m.Cin}-{m.Cout}")} | {m.Ms:F2} | {m.Gflops:F0} | {m.OfSgemm:P0} | {m.PeakRssMb:F0} |";
            text.WriteLine(row.ToString(CultureInfo.InvariantCulture));
        }
        return text.ToString();
    }
}

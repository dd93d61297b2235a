using Spectre.Console;

namespace TorchSharp.SparseConv.Tool.Reports;

/// <summary>info and weights inspect of a weights file.</summary>
internal sealed class WeightsReport
{
    public string Kind { get; init; } = "weights";

    public required string File { get; init; }

    public required string Format { get; init; }

    public required long Bytes { get; init; }

    /// <summary>The network that FromCheckpoint would build; null where it knows none.</summary>
    public required string? Architecture { get; init; }

    /// <summary>Numbers of all tensors together.</summary>
    public required long Numbers { get; init; }

    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    public required IReadOnlyList<TensorReport> Tensors { get; init; }

    public void Show(IAnsiConsole console)
    {
        Tables.Facts(
            console,
            ("file", File),
            ("format", $"{Format}, {Tables.Bytes(Bytes)}"),
            ("network", Architecture ?? "none that the library recognises"),
            ("tensors", $"{Tables.Count(Tensors.Count)} of {Tables.Count(Numbers)} numbers")
        );
        foreach (var (key, value) in Metadata)
        {
            Tables.Facts(console, ($"metadata {key}", value));
        }
        var table = Tables.New(3, "name", "type", "shape");
        foreach (var tensor in Tensors)
        {
            table.Add(tensor.Name, tensor.Type, tensor.Shape.Count == 0 ? "scalar" : string.Join(" x ", tensor.Shape));
        }
        console.Write(table);
    }
}

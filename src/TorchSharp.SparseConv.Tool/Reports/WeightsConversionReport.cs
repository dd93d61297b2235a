using Spectre.Console;

namespace TorchSharp.SparseConv.Tool.Reports;

/// <summary>weights convert: what was written.</summary>
internal sealed class WeightsConversionReport
{
    public required string From { get; init; }

    public required string To { get; init; }

    public required int Tensors { get; init; }

    /// <summary>The layouts read and written, as "SpConv2"; null where tensors were copied as they are.</summary>
    public required string? FromLayout { get; init; }

    public required string? ToLayout { get; init; }

    /// <summary>The names, before, of the tensors whose layout was changed.</summary>
    public required IReadOnlyList<string> Kernels { get; init; }

    public void Show(IAnsiConsole console) =>
        Tables.Facts(
            console,
            ("written", To),
            ("tensors", Tables.Count(Tensors)),
            ("layout", FromLayout is null ? null : $"{FromLayout} to {ToLayout}, {Kernels.Count} kernels")
        );
}

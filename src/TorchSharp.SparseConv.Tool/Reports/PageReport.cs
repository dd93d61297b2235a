using Spectre.Console;

namespace TorchSharp.SparseConv.Tool.Reports;

/// <summary>view: the page that was written.</summary>
internal sealed class PageReport
{
    public required string Page { get; init; }

    public required long Bytes { get; init; }

    /// <summary>The files shown, from left to right, with the number of points of each.</summary>
    public required IReadOnlyList<PaneReport> Panes { get; init; }

    public void Show(IAnsiConsole console) =>
        Tables.Facts(
            console,
            [
                ("written", $"{Page}, {Tables.Bytes(Bytes)}"),
                .. Panes.Select(pane => ("pane", (string?)$"{pane.File}, {Tables.Count(pane.Points)} points")),
            ]
        );
}

using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using Spectre.Console;
using TorchSharp.SparseConv.CommandLine;
using TorchSharp.SparseConv.Data;

namespace TorchSharp.SparseConv.Tool;

/// <summary>view: shows files of points side by side on a page for the browser.</summary>
internal sealed class ViewCommand(Session session)
{
    // The number of levels of a U-Net with strides 1 to 16.
    private const int NetworkLevels = 5;

    private readonly Argument<string[]> _files = Options.Files("files", "Files of points, shown from left to right");

    private readonly Option<string?> _out = Options.Text(
        "--out",
        "The page to write [default: the first file's name with .html, in this folder]"
    );

    private readonly Option<string?> _model = Options.Text(
        "--model",
        "A model directory whose classes name and colour the labels"
    );

    private readonly Option<string?> _colorBy = Options.Text(
        "--color-by",
        "What decides the colours at first: an attribute, height or error [default: labels, else colours, else height]"
    );

    private readonly Option<double[]> _voxels = Options
        .List<double>("--voxels", "Also show the voxels of this size that each stride of a network has")
        .Positive();

    private readonly Option<bool> _open = Options.Flag("--open", "Open the page in the browser");

    public static Command Create(Session session)
    {
        var view = new ViewCommand(session);
        var command = new Command(
            "view",
            "Writes a page that shows points side by side under one camera; it needs no network when it is opened."
        )
        {
            view._files,
            view._out,
            view._model,
            view._colorBy,
            view._voxels,
            view._open,
        };
        command.SetAction(view.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var files = parsed.GetRequiredValue(_files);
        var voxels = parsed.GetRequiredValue(_voxels);
        if (voxels.Length > 1)
        {
            throw new UsageException($"--voxels has {voxels.Length} lengths, must have one");
        }
        var clouds = files.Select(file => session.Work($"reading {file}", () => PointFiles.Read(file))).ToList();
        var labels = parsed.GetValue(_model) is { } model ? Labels(model, files, clouds) : null;
        var page = new ViewerPage(string.Join(", ", files.Select(Path.GetFileName)))
        {
            Classes = labels?.Palette,
            ColorBy = parsed.GetValue(_colorBy),
        };
        foreach (var (file, cloud) in files.Zip(clouds))
        {
            page.Add(Path.GetFileName(file), cloud);
            if (voxels is [var size])
            {
                page.AddLevels(
                    $"{Path.GetFileName(file)}, voxels",
                    VoxelLevel.Pyramid(cloud.FinitePoints(), size, NetworkLevels)
                );
            }
        }
        var path = parsed.GetValue(_out) ?? Path.GetFileNameWithoutExtension(files[0]) + ".html";
        PointFiles.MakeFolder(path);
        Save(page, path);
        var report = new PageReport
        {
            Page = Path.GetFullPath(path),
            Bytes = new FileInfo(path).Length,
            Panes = [.. files.Zip(clouds, (file, cloud) => new PaneReport { File = file, Points = cloud.Count })],
        };
        report.Write(session, parsed);
        if (parsed.GetValue(_open))
        {
            Open(report.Page);
        }
        return Shell.Success;
    }

    // Turns labels into classes in place. If a label belongs to no class, all labels stay numbers.
    private ModelLabels? Labels(string folder, string[] files, List<PointCloud> clouds)
    {
        ModelLabels.RequireModel(folder, "--model ");
        var labels = new ModelLabels(ModelDirectory.ReadConfig(folder), LabelNumbers.Model);
        var named = new List<PointCloud>();
        foreach (var (file, cloud) in files.Zip(clouds))
        {
            if (cloud.Labels is not { } numbers)
            {
                named.Add(cloud);
            }
            else if (labels.FromFile(numbers, out var problem) is { } classes)
            {
                named.Add(cloud.WithLabels(classes));
            }
            else
            {
                session.Note($"{file}: {problem}; labels are shown by their numbers");
                return null;
            }
        }
        clouds.Clear();
        clouds.AddRange(named);
        return labels;
    }

    private void Save(ViewerPage page, string path)
    {
        try
        {
            session.Work($"writing {path}", () => page.Save(path));
        }
        catch (InvalidOperationException error)
        {
            throw new UsageException(error.Message, error); // no pane has the attribute that --color-by names
        }
    }

    private void Open(string path)
    {
        try
        {
            using var browser = Process.Start(new ProcessStartInfo(path) { UseShellExecute = true });
        }
        catch (Win32Exception error)
        {
            session.Note($"{path} cannot be opened: {error.Message}");
        }
    }
}

/// <summary>view: the page that was written.</summary>
internal sealed class PageReport : Report
{
    public required string Page { get; init; }

    public required long Bytes { get; init; }

    /// <summary>The files from left to right, with the number of points of each.</summary>
    public required IReadOnlyList<PaneReport> Panes { get; init; }

    protected override void Show(IAnsiConsole console) =>
        Tables.Facts(
            console,
            [
                ("written", $"{Page}, {Tables.Bytes(Bytes)}"),
                .. Panes.Select(pane => ("pane", (string?)$"{pane.File}, {Tables.Count(pane.Points)} points")),
            ]
        );
}

/// <summary>One file on a page.</summary>
internal sealed class PaneReport
{
    public required string File { get; init; }

    public required int Points { get; init; }
}

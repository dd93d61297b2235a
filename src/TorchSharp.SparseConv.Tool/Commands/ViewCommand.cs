using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using TorchSharp.SparseConv.Data;
using TorchSharp.SparseConv.Tool.Models;
using TorchSharp.SparseConv.Tool.Points;
using TorchSharp.SparseConv.Tool.Reports;

namespace TorchSharp.SparseConv.Tool.Commands;

/// <summary>view: files of points side by side on a page for the browser.</summary>
internal sealed class ViewCommand(Session session)
{
    // A U-Net's: strides 1 to 16.
    private const int NetworkLevels = 5;

    private readonly Argument<string[]> _files = new("files")
    {
        Description = "Files of points, shown from left to right",
        Arity = ArgumentArity.OneOrMore,
    };

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

    private readonly Option<double[]> _voxels = Options.Lengths(
        "--voxels",
        "Also show the voxels of this size that each stride of a network has"
    );

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
        session.Report(parsed, report, ToolJson.Default.PageReport, report.Show);
        if (parsed.GetValue(_open))
        {
            Open(report.Page);
        }
        return Application.Success;
    }

    // Labels become classes in place; where one is of no class, all stay the numbers that they are.
    private ModelLabels? Labels(string folder, string[] files, List<PointCloud> clouds)
    {
        if (!ModelDirectory.Exists(folder))
        {
            throw new UsageException($"--model {folder} is no model directory: it has no {ModelDirectory.ConfigFile}");
        }
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
            throw new UsageException(error.Message); // no pane has what --color-by names
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

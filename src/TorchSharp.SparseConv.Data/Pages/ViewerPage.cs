namespace TorchSharp.SparseConv.Data;

/// <summary>A web page that shows point clouds and voxels in panes side by side under one camera; it needs no network and no server.</summary>
/// <remarks>
/// Positions are rounded to 1/65534 of a cloud's extent along each axis: 2 mm in a scan of 130 m. Points without a finite position are kept out.
/// Every attribute of a cloud can be chosen as the colour: "label" and "prediction" as classes, "color" as it is, any other number on a colour map.
/// A point is an error where its "prediction" differs from its "label", or, without a prediction, where its label differs from that of the first pane, if that shows the same positions.
/// </remarks>
public sealed class ViewerPage
{
    /// <summary>As <see cref="ColorBy"/>: the third coordinate.</summary>
    public const string Height = "height";

    /// <summary>As <see cref="ColorBy"/>: right or wrong, in panes that have something to compare.</summary>
    public const string Error = "error";

    private readonly List<ViewerPane> _panes = [];

    /// <summary>A page without panes yet.</summary>
    public ViewerPage(string title)
    {
        ArgumentNullException.ThrowIfNull(title);
        Title = title;
    }

    /// <summary>The page's heading.</summary>
    public string Title { get; }

    /// <summary>A line beside the heading.</summary>
    public string Subtitle { get; init; } = "";

    /// <summary>Names and colours of the labels; null names them by their numbers.</summary>
    public ClassPalette? Classes { get; init; }

    /// <summary>What decides the colours at first: an attribute's name, <see cref="Height"/> or <see cref="Error"/>; null for classes where there are any, else colours, else height.</summary>
    public string? ColorBy { get; init; }

    /// <summary>Adds a pane with a cloud, to the right of those there are. Clouds made from one another share their positions in the page, too.</summary>
    /// <exception cref="ArgumentException">A label or prediction is none of <see cref="Classes"/>.</exception>
    public ViewerPage Add(string name, PointCloud cloud)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(cloud);
        CheckLabels(cloud.Attributes, nameof(cloud));
        _panes.Add(new ViewerPane(name, [ViewerLayer.Of(cloud)]));
        return this;
    }

    /// <summary>Adds a pane with the voxels of several levels of a network, of which a slider shows one at a time.</summary>
    /// <exception cref="ArgumentException">There is no level, or a label or prediction is none of <see cref="Classes"/>.</exception>
    public ViewerPage AddLevels(string name, params IEnumerable<VoxelLevel> levels)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(levels);
        var layers = new List<ViewerLayer>();
        foreach (var level in levels)
        {
            CheckLabels(level.Attributes, nameof(levels));
            layers.Add(ViewerLayer.Of(level));
        }
        if (layers.Count == 0)
        {
            throw new ArgumentException("levels is empty, must have at least one", nameof(levels));
        }
        _panes.Add(new ViewerPane(name, layers));
        return this;
    }

    /// <summary>Writes the page to a file, replacing what is there.</summary>
    /// <exception cref="InvalidOperationException">No pane was added, or none has what <see cref="ColorBy"/> names.</exception>
    public void Save(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var scene = Scene();
        using var file = File.Create(path);
        Write(file, scene);
    }

    /// <summary>Writes the page as UTF-8.</summary>
    /// <exception cref="InvalidOperationException">No pane was added, or none has what <see cref="ColorBy"/> names.</exception>
    public void Write(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Write(stream, Scene());
    }

    private ViewerScene Scene() =>
        _panes.Count > 0
            ? new ViewerScene(_panes, Classes, ColorBy)
            : throw new InvalidOperationException("The page has no pane; add one with Add or AddLevels.");

    private void Write(Stream stream, ViewerScene scene) =>
        new PageTemplate("viewer.html")
            .Text("title", Title)
            .Text("subtitle", Subtitle)
            .Resource("style", "page.css", "viewer.css")
            .Resource("script", "viewer.js")
            .Resource("licence", "three.licence.txt")
            .Written("scene", scene.WriteJson)
            .Written("blocks", scene.Blocks.Write)
            .Write(stream);

    private void CheckLabels(IEnumerable<PointAttribute> attributes, string parameter)
    {
        if (Classes is not { } classes)
        {
            return;
        }
        foreach (var attribute in attributes.Where(ViewerCategories.IsCategory))
        {
            if (NumberTypes.ConvertExactly<int>(attribute.Values.Values, out var misfit) is not { } labels)
            {
                throw new ArgumentException(
                    $"{attribute.Name}[{misfit}] is {attribute.Values.Values.GetValue(misfit)}, must be an integer",
                    parameter
                );
            }
            for (var i = 0; i < labels.Length; i++)
            {
                Checks.Class(labels[i], i, classes.Names.Count, attribute.Name, parameter);
            }
        }
    }
}

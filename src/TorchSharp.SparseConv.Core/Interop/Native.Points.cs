using System.Runtime.InteropServices;

namespace TorchSharp.SparseConv.Core.Interop;

/// <content>Points.</content>
internal static unsafe partial class Native
{
    [LibraryImport(Library)]
    internal static partial Status spc_links_create(
        MapHandle map,
        double* points,
        int* batch,
        long count,
        InterpolationKind kind,
        MissingVoxels missing,
        double anchor,
        nint stream,
        out LinksHandle links
    );

    [LibraryImport(Library)]
    internal static partial Status spc_links_create_from_rows(
        long* rowOfPoint,
        long count,
        long rows,
        int device,
        nint stream,
        out LinksHandle links
    );

    [LibraryImport(Library)]
    internal static partial long spc_links_points(LinksHandle links);

    [LibraryImport(Library)]
    internal static partial long spc_links_rows(LinksHandle links);

    [LibraryImport(Library)]
    internal static partial long spc_links_count(LinksHandle links);

    [LibraryImport(Library)]
    internal static partial long spc_links_bytes(LinksHandle links);

    [LibraryImport(Library)]
    internal static partial int spc_links_device(LinksHandle links);

    [LibraryImport(Library)]
    internal static partial Status spc_links_read(
        LinksHandle links,
        nint stream,
        long* starts,
        long* rows,
        double* weights
    );

    [LibraryImport(Library)]
    internal static partial void spc_links_destroy(nint links);

    [LibraryImport(Library)]
    internal static partial Status spc_interpolation_forward(
        LinksHandle links,
        in MatrixView input,
        nint stream,
        in MatrixView output
    );

    [LibraryImport(Library)]
    internal static partial Status spc_interpolation_backward(
        LinksHandle links,
        in MatrixView gradOutput,
        nint stream,
        in MatrixView gradInput
    );

    [LibraryImport(Library)]
    internal static partial Status spc_splat_forward(
        LinksHandle links,
        SplatKind kind,
        in MatrixView input,
        nint stream,
        int* saved,
        in MatrixView output
    );

    [LibraryImport(Library)]
    internal static partial Status spc_splat_backward(
        LinksHandle links,
        SplatKind kind,
        in MatrixView gradOutput,
        int* saved,
        nint stream,
        in MatrixView gradInput
    );
}

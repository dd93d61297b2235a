using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]
[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]

namespace TorchSharp.SparseConv.Core.Interop;

/// <summary>sparseconv.h, name for name.</summary>
internal static unsafe partial class Native
{
    internal const string Library = "sparseconv";
    internal const int AbiVersion = 8;
    internal const int Cpu = -1;

    /// <summary>The only stream there is a name for: TorchSharp queues everything on it.</summary>
    internal const nint DefaultStream = 0;

    static Native() => NativeLibrary.SetDllImportResolver(typeof(Native).Assembly, NativeLoader.Resolve);

    internal static string LastError() => Marshal.PtrToStringUTF8((nint)spc_last_error()) ?? "";

    [LibraryImport(Library)]
    internal static partial int spc_abi_version();

    [LibraryImport(Library)]
    internal static partial byte* spc_version();

    [LibraryImport(Library)]
    internal static partial byte* spc_last_error();

    [LibraryImport(Library)]
    internal static partial Status spc_isa(out byte* name);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial Status spc_set_isa(string name);

    [LibraryImport(Library)]
    internal static partial int spc_isa_count();

    [LibraryImport(Library)]
    internal static partial byte* spc_isa_name(int index);

    [LibraryImport(Library)]
    internal static partial int spc_threads();

    [LibraryImport(Library)]
    internal static partial Status spc_set_threads(int threads);

    [LibraryImport(Library)]
    internal static partial Status spc_memory_take(long bytes, out void* memory);

    // spc_memory_give is not called from here: TorchSharp gets its address.

    [LibraryImport(Library)]
    internal static partial Status spc_set_thread_source(delegate* unmanaged[Cdecl]<int> source);

    [LibraryImport(Library)]
    internal static partial long spc_live_objects();

    [LibraryImport(Library)]
    internal static partial Status spc_cuda_device_count(out int count);

    [LibraryImport(Library)]
    internal static partial Status spc_cuda_device_name(int device, out byte* name);

    [LibraryImport(Library)]
    internal static partial int spc_tf32();

    [LibraryImport(Library)]
    internal static partial Status spc_set_tf32(int allow);

    [LibraryImport(Library)]
    internal static partial Status spc_map_create(
        int* coordinates,
        long rows,
        int dimensions,
        int device,
        nint stream,
        out MapHandle map
    );

    [LibraryImport(Library)]
    internal static partial Status spc_map_create_merged(
        int* coordinates,
        long rows,
        int dimensions,
        int device,
        nint stream,
        long* mapRows,
        out MapHandle map
    );

    [LibraryImport(Library)]
    internal static partial Status spc_map_coarsen(
        MapHandle fine,
        in NativeGeometry geometry,
        int rule,
        int* bounds,
        nint stream,
        out MapHandle coarse
    );

    [LibraryImport(Library)]
    internal static partial Status spc_map_refine(
        MapHandle coarse,
        in NativeGeometry geometry,
        int* bounds,
        nint stream,
        out MapHandle fine
    );

    [LibraryImport(Library)]
    internal static partial long spc_map_rows(MapHandle map);

    [LibraryImport(Library)]
    internal static partial int spc_map_dimensions(MapHandle map);

    [LibraryImport(Library)]
    internal static partial long spc_map_bytes(MapHandle map);

    [LibraryImport(Library)]
    internal static partial int spc_map_device(MapHandle map);

    [LibraryImport(Library)]
    internal static partial Status spc_map_bounds(MapHandle map, int* low, int* high);

    [LibraryImport(Library)]
    internal static partial Status spc_map_coordinates(MapHandle map, nint stream, int* coordinates);

    [LibraryImport(Library)]
    internal static partial Status spc_map_find(MapHandle map, int* coordinates, long rows, nint stream, long* found);

    [LibraryImport(Library)]
    internal static partial void spc_map_destroy(nint map);

    [LibraryImport(Library)]
    internal static partial Status spc_rulebook_create(
        MapHandle coarse,
        MapHandle fine,
        in NativeGeometry geometry,
        nint stream,
        out RulebookHandle rulebook
    );

    [LibraryImport(Library)]
    internal static partial long spc_rulebook_taps(RulebookHandle rulebook);

    [LibraryImport(Library)]
    internal static partial long spc_rulebook_pairs(RulebookHandle rulebook);

    [LibraryImport(Library)]
    internal static partial long spc_rulebook_bytes(RulebookHandle rulebook);

    [LibraryImport(Library)]
    internal static partial int spc_rulebook_device(RulebookHandle rulebook);

    [LibraryImport(Library)]
    internal static partial Status spc_rulebook_counts(RulebookHandle rulebook, long* counts);

    [LibraryImport(Library)]
    internal static partial Status spc_rulebook_tap_pairs(
        RulebookHandle rulebook,
        long tap,
        nint stream,
        long* fineRows,
        long* coarseRows
    );

    [LibraryImport(Library)]
    internal static partial void spc_rulebook_destroy(nint rulebook);

    [LibraryImport(Library)]
    internal static partial Status spc_convolution_workspace(
        RulebookHandle rulebook,
        ConvolutionDirection direction,
        ConvolutionPass pass,
        long groups,
        long inChannels,
        long outChannels,
        ElementType elementType,
        out long bytes
    );

    [LibraryImport(Library)]
    internal static partial Status spc_convolution_forward(
        RulebookHandle rulebook,
        ConvolutionDirection direction,
        long groups,
        in MatrixView input,
        in MatrixView weight,
        MatrixView* scale,
        MatrixView* bias,
        MatrixView* residual,
        Activation activation,
        nint workspace,
        long workspaceBytes,
        nint stream,
        in MatrixView output
    );

    [LibraryImport(Library)]
    internal static partial Status spc_convolution_backward_input(
        RulebookHandle rulebook,
        ConvolutionDirection direction,
        long groups,
        in MatrixView gradOutput,
        in MatrixView weight,
        nint workspace,
        long workspaceBytes,
        nint stream,
        in MatrixView gradInput
    );

    [LibraryImport(Library)]
    internal static partial Status spc_convolution_backward_weight(
        RulebookHandle rulebook,
        ConvolutionDirection direction,
        long groups,
        in MatrixView input,
        in MatrixView gradOutput,
        nint workspace,
        long workspaceBytes,
        nint stream,
        in MatrixView gradWeight,
        MatrixView* gradBias
    );

    [LibraryImport(Library)]
    internal static partial Status spc_pooling_forward(
        RulebookHandle rulebook,
        ConvolutionDirection direction,
        PoolingKind kind,
        in MatrixView input,
        nint stream,
        int* saved,
        in MatrixView output
    );

    [LibraryImport(Library)]
    internal static partial Status spc_pooling_backward(
        RulebookHandle rulebook,
        ConvolutionDirection direction,
        PoolingKind kind,
        in MatrixView gradOutput,
        int* saved,
        nint stream,
        in MatrixView gradInput
    );

    [LibraryImport(Library)]
    internal static partial Status spc_norm_statistics(
        in MatrixView input,
        nint stream,
        in MatrixView mean,
        in MatrixView variance
    );

    [LibraryImport(Library)]
    internal static partial Status spc_norm_forward(
        in MatrixView input,
        in MatrixView mean,
        in MatrixView variance,
        double epsilon,
        MatrixView* weight,
        MatrixView* bias,
        MatrixView* residual,
        Activation activation,
        nint stream,
        in MatrixView output
    );

    [LibraryImport(Library)]
    internal static partial Status spc_norm_backward(
        in MatrixView input,
        in MatrixView mean,
        in MatrixView variance,
        double epsilon,
        MatrixView* weight,
        MatrixView* bias,
        MatrixView* output,
        Activation activation,
        NormStatistics statistics,
        in MatrixView gradOutput,
        nint stream,
        MatrixView* gradInput,
        MatrixView* gradWeight,
        MatrixView* gradBias,
        MatrixView* gradResidual
    );

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

/// <summary>spc_geometry: 18 int32 and a pointer, entries at and beyond the dimensions are 0.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeGeometry
{
    internal int Dimensions;
    internal fixed int Size[PerAxis.MaxCount];
    internal fixed int Stride[PerAxis.MaxCount];
    internal fixed int Dilation[PerAxis.MaxCount];
    internal fixed int Padding[PerAxis.MaxCount];
    internal int TapCount;
    internal int* Taps;

    // The taps are the geometry's own, pinned by the caller for as long as this is used.
    internal static NativeGeometry From(KernelGeometry geometry, int* taps)
    {
        var native = new NativeGeometry
        {
            Dimensions = geometry.Dimensions,
            Taps = taps,
            TapCount = taps is null ? 0 : geometry.Taps,
        };
        for (var axis = 0; axis < geometry.Dimensions; axis++)
        {
            native.Size[axis] = geometry.Size[axis];
            native.Stride[axis] = geometry.Stride[axis];
            native.Dilation[axis] = geometry.Dilation[axis];
            native.Padding[axis] = geometry.Padding[axis];
        }
        return native;
    }
}

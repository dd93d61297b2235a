using System.Runtime.InteropServices;

namespace TorchSharp.SparseConv.Tests.Oracles;

/// <summary>What the C library says is allocated; glibc alone can be asked.</summary>
internal static partial class AllocatedMemory
{
    /// <summary>Skips the test where nothing can be asked.</summary>
    internal static void Require()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("asks the C library what is allocated");
        }
    }

    /// <summary>Bytes, after the garbage collector ran.</summary>
    internal static long Now()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var info = mallinfo2();
        return (long)(info.BytesMapped + info.BytesInUse);
    }

    [LibraryImport("libc")]
    private static partial MallocInfo mallinfo2();

    // glibc's struct mallinfo2.
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct MallocInfo
    {
        private readonly nuint _arena;
        private readonly nuint _freeChunks;
        private readonly nuint _fastBins;
        private readonly nuint _mappedRegions;
        internal readonly nuint BytesMapped;
        private readonly nuint _unused;
        private readonly nuint _bytesInFastBins;
        internal readonly nuint BytesInUse;
        private readonly nuint _bytesFree;
        private readonly nuint _releasable;
    }
}

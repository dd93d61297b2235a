// A task of TorchSharp.SparseConv.targets, compiled by MSBuild wherever it is used.
using System;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Copies an ELF library and, where this system's libstdc++ lacks GLIBCXX_3.4.32, sets VER_FLG_WEAK on the copy's need
/// for that version, so that the loader goes on without it. Only libraries that refer to no symbol of the version may
/// be treated so: those that GCC 13 compiled with &lt;iostream&gt; and that need nothing else of it.
/// </summary>
public class WeakenVersionNeed : Task
{
    private const string Version = "GLIBCXX_3.4.32";

    // The one symbol that libstdc++ has since that version.
    private const string Symbol = "_ZSt21ios_base_library_initv";

    private const int ElfHeaderSize = 64;
    private const int VersionNeedSection = 0x6ffffffe;
    private const byte WeakFlag = 2;
    private const int LoadNow = 2;

    private byte[] _bytes;

    [Required]
    public string Library { get; set; }

    [Required]
    public string Output { get; set; }

    /// <summary>Weakens whatever this system has: for programs that will run elsewhere.</summary>
    public bool Always { get; set; }

    public override bool Execute()
    {
        _bytes = File.ReadAllBytes(Library);
        if (Always || SystemLacksVersion())
        {
            Log.LogMessage("{0}: {1} needs of {2} made weak", Library, Weaken(), Version);
        }

        // A new file, not new bytes in one that a running process may have mapped.
        Directory.CreateDirectory(Path.GetDirectoryName(Output));
        var draft = Output + "." + Guid.NewGuid().ToString("N");
        File.WriteAllBytes(draft, _bytes);
        File.Delete(Output);
        File.Move(draft, Output);
        return true;
    }

    private static bool SystemLacksVersion()
    {
        if (!RuntimeInformation.IsOSPlatform(OSPlatform.Linux))
        {
            return false;
        }

        var library = Open("libstdc++.so.6", LoadNow);
        return library == IntPtr.Zero || Find(library, Symbol) == IntPtr.Zero;
    }

    // Walks .gnu.version_r of a 64-bit little-endian ELF file: a list of libraries, each with a list of versions.
    private int Weaken()
    {
        if (_bytes.Length < ElfHeaderSize || _bytes[0] != 0x7f || _bytes[1] != 'E' || _bytes[4] != 2 || _bytes[5] != 1)
        {
            return 0;
        }

        var count = 0;
        long sections = Int64(40),
            size = Int16(58);
        for (var i = 0; i < Int16(60); i++)
        {
            var section = sections + i * size;
            if (Int32(section + 4) != VersionNeedSection)
            {
                continue;
            }

            var names = Int64(sections + Int32(section + 40) * size + 24);
            var need = Int64(section + 24);
            for (var libraries = Int32(section + 44); libraries > 0; libraries--, need += Int32(need + 12))
            {
                var version = need + Int32(need + 8);
                for (var versions = Int16(need + 2); versions > 0; versions--, version += Int32(version + 12))
                {
                    if (Text(names + Int32(version + 8)) == Version)
                    {
                        _bytes[version + 4] |= WeakFlag;
                        count++;
                    }
                }
            }
        }

        return count;
    }

    private long Int64(long at) => BitConverter.ToInt64(_bytes, (int)at);

    private int Int32(long at) => BitConverter.ToInt32(_bytes, (int)at);

    private int Int16(long at) => BitConverter.ToUInt16(_bytes, (int)at);

    private string Text(long at) =>
        Encoding.ASCII.GetString(_bytes, (int)at, Array.IndexOf(_bytes, (byte)0, (int)at) - (int)at);

    [DllImport("libdl.so.2", EntryPoint = "dlopen")]
    private static extern IntPtr Open(string file, int flags);

    [DllImport("libdl.so.2", EntryPoint = "dlsym")]
    private static extern IntPtr Find(IntPtr library, string symbol);
}

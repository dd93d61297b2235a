using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>Writes libtorch's own archive of one tensor, which Python reads too.</summary>
        public void save(string location) => Native.Check(Native.standin_save(Handle, location), this);

        public static unsafe Tensor load(string location)
        {
            nint result;
            Native.Check(Native.standin_load(location, &result));
            return new Tensor(result);
        }

        /// <summary>Reads TorchSharp's own format of one tensor.</summary>
        public static Tensor Load(BinaryReader reader) => TensorExtensionMethods.Load(reader);

        public static Tensor Load(Stream stream)
        {
            using var reader = new BinaryReader(stream);
            return Load(reader);
        }

        public static Tensor Load(string location)
        {
            using var stream = File.OpenRead(location);
            return Load(stream);
        }
    }
}

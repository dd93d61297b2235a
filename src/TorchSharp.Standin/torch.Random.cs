using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static Generator manual_seed(long seed) => random.manual_seed(seed);

    public static long initial_seed() => random.initial_seed();

    public static long seed() => random.seed();

    public static Tensor get_rng_state() => random.get_rng_state();

    public static void set_rng_state(Tensor new_state) => random.set_rng_state(new_state);

    public static class random
    {
        public static long seed() => Generator.Default.seed();

        public static long initial_seed() => Generator.Default.initial_seed();

        public static Generator manual_seed(long seed)
        {
            if (cuda.is_available())
            {
                cuda.manual_seed_all(seed);
            }
            return Generator.Default.manual_seed(seed);
        }

        public static Tensor get_rng_state() => Generator.Default.get_state();

        public static void set_rng_state(Tensor new_state) => Generator.Default.set_state(new_state);
    }

    public class Generator : IDisposable
    {
        public unsafe Generator(ulong seed = 0, Device? device = null)
        {
            this.device = device ?? CPU;
            nint handle;
            Native.Check(Native.standin_generator_new(seed, (int)this.device.type, this.device.index, &handle));
            Handle = handle;
        }

        private Generator(nint handle)
        {
            Handle = handle;
            device = CPU;
        }

        ~Generator() => Dispose(disposing: false);

        public static unsafe Generator Default
        {
            get
            {
                nint handle;
                Native.Check(Native.standin_generator_default((int)DeviceType.CPU, -1, &handle));
                return new Generator(handle);
            }
        }

        public nint Handle { get; private set; }

        public Device device { get; private set; }

        public unsafe Tensor get_state()
        {
            nint state;
            Native.Check(Native.standin_generator_state(Handle, &state), this);
            return new Tensor(state);
        }

        public void set_state(Tensor value) =>
            Native.Check(Native.standin_generator_set_state(Handle, value.Handle), (this, value));

        public Generator manual_seed(long seed)
        {
            Native.Check(Native.standin_generator_set_seed(Handle, unchecked((ulong)seed)), this);
            return this;
        }

        public unsafe long seed()
        {
            ulong seed;
            Native.Check(Native.standin_generator_random_seed(Handle, &seed), this);
            return unchecked((long)seed);
        }

        public unsafe long initial_seed()
        {
            ulong seed;
            Native.Check(Native.standin_generator_current_seed(Handle, &seed), this);
            return unchecked((long)seed);
        }

        public void Dispose()
        {
            Dispose(disposing: true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            if (Handle != 0)
            {
                Native.Check(Native.standin_generator_dispose(Handle), this);
                Handle = 0;
            }
        }
    }
}

using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>
        /// State dictionaries and their files: a LEB128 count, then for each entry its name (LEB128 length, UTF-8),
        /// its type, its number of dimensions and its sizes (all LEB128), and its elements, row-major, little-endian.
        /// </summary>
        public partial class Module
        {
            public virtual Dictionary<string, Tensor> state_dict(
                Dictionary<string, Tensor>? destination = null,
                string? prefix = null
            )
            {
                destination ??= [];
                string Key(string name) => string.IsNullOrEmpty(prefix) ? name : $"{prefix}.{name}";
                foreach (var (key, parameter) in named_parameters())
                {
                    destination.TryAdd(Key(key), parameter);
                }

                foreach (var (key, buffer) in named_buffers(include_nonpersistent: false))
                {
                    destination.TryAdd(Key(key), buffer);
                }

                foreach (var (key, child) in _internal_submodules)
                {
                    child.state_dict(destination, Key(key));
                }

                return destination;
            }

            public virtual (IList<string> missing_keys, IList<string> unexpected_keyes) load_state_dict(
                Dictionary<string, Tensor> source,
                bool strict = true,
                IList<string>? skip = null
            )
            {
                skip ??= [];
                Dictionary<string, Tensor> destination = state_dict();
                List<string> unexpected = Except(source.Keys, destination);
                List<string> missing = Except(destination.Keys, source);
                if (strict && missing.Count + unexpected.Count > 0)
                {
                    throw new InvalidOperationException(
                        "The loaded state_dict is not identical to the target dictionary."
                    );
                }

                using (no_grad())
                {
                    foreach (var (key, tensor) in source)
                    {
                        if (!skip.Contains(key) && destination.TryGetValue(key, out Tensor? target))
                        {
                            target.copy_(tensor);
                        }
                    }
                }

                return (missing, unexpected);

                List<string> Except(IEnumerable<string> keys, Dictionary<string, Tensor> others) =>
                    keys.Where(key => !skip.Contains(key) && !others.ContainsKey(key)).ToList();
            }

            public Module save(string location, IList<string>? skip = null)
            {
                using FileStream stream = File.Create(location);
                using var writer = new BinaryWriter(stream);
                return save(writer, skip);
            }

            /// <summary>Writes the state, and closes the stream, as TorchSharp does.</summary>
            public Module save(Stream stream, IList<string>? skip = null)
            {
                using var writer = new BinaryWriter(stream);
                return save(writer, skip);
            }

            public Module save(BinaryWriter writer, IList<string>? skip = null)
            {
                save_state_dict(writer, state_dict(), skip);
                return this;
            }

            public static void save_state_dict(
                BinaryWriter writer,
                Dictionary<string, Tensor> sd,
                IList<string>? skip = null
            )
            {
                List<KeyValuePair<string, Tensor>> entries = sd.Where(entry => skip?.Contains(entry.Key) != true)
                    .ToList();
                writer.Encode(entries.Count);
                foreach (var (key, tensor) in entries)
                {
                    writer.Write(key);
                    tensor.Save(writer);
                }
            }

            public virtual Module load(
                string location,
                bool strict = true,
                IList<string>? skip = null,
                Dictionary<string, bool>? loadedParameters = null
            )
            {
                if (!File.Exists(location))
                {
                    throw new FileNotFoundException(location);
                }

                using FileStream stream = File.OpenRead(location);
                using var reader = new BinaryReader(stream);
                return load(reader, strict, skip, loadedParameters);
            }

            /// <summary>Reads the state, and closes the stream, as TorchSharp does.</summary>
            public Module load(
                Stream stream,
                bool strict = true,
                IList<string>? skip = null,
                Dictionary<string, bool>? loadedParameters = null
            )
            {
                using var reader = new BinaryReader(stream);
                return load(reader, strict, skip, loadedParameters);
            }

            public virtual Module load(
                BinaryReader reader,
                bool strict = true,
                IList<string>? skip = null,
                Dictionary<string, bool>? loadedParameters = null
            )
            {
                Dictionary<string, Tensor> destination = state_dict();
                long count = reader.Decode();
                if (strict && count != destination.Count)
                {
                    throw new ArgumentException(
                        $"Mismatched state_dict sizes: expected {destination.Count}, but found {count} entries."
                    );
                }

                for (long i = 0; i < count; ++i)
                {
                    string key = reader.ReadString();
                    bool found = destination.TryGetValue(key, out Tensor? tensor);
                    if (strict && !found)
                    {
                        throw new ArgumentException(
                            "Mismatched module state names: the target modules does not have a submodule or buffer "
                                + $"named '{key}'"
                        );
                    }

                    if (found && skip?.Contains(key) != true)
                    {
                        tensor!.Load(reader);
                    }
                    else
                    {
                        TensorExtensionMethods.Load(reader, skip: true).Dispose();
                    }

                    loadedParameters?.Add(key, found);
                }

                return this;
            }

            public static Module Create<T>(string path)
                where T : Module, new() => new T().load(path);
        }
    }
}

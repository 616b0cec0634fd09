#pragma once
#include <cstddef>
#include <utility>

namespace zimu::asr {

/// Memory on a cache line, on huge pages where it is large: what streams through a network is then found without a
/// table walk every 4 KiB. Throws std::bad_alloc.
void* allocate_aligned(std::size_t bytes);
void free_aligned(void* memory) noexcept;

/// An array for the kernels, not initialised. Plain types only.
template <class T>
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t size) : data_(static_cast<T*>(allocate_aligned(size * sizeof(T)))), size_(size) {}
  ~Buffer() { free_aligned(data_); }
  Buffer(Buffer&& other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  T* at(std::size_t index) noexcept { return data_ + index; }
  const T* at(std::size_t index) const noexcept { return data_ + index; }
  T* data() noexcept { return data_; }
  const T* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace zimu::asr
